// A button that copies a text.

import { html } from "../lib/h.js";
import { Icon } from "./icon.js";
import { toast } from "./toast.js";

/** @param {{ text: string | (() => string), label?: string }} props `label`: what is copied, for a button of many */
export function CopyButton({ text, label }) {
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
    toast("Copied.");
  };
  return html`<button type="button" class="button button-small copy" onClick=${copy}
    aria-label=${label ? `Copy ${label}` : null}><${Icon} name="copy" />Copy</button>`;
}
