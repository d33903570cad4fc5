// A button that copies a text.

import { html } from "../lib/h.js";
import { Icon } from "./icon.js";
import { attempt, toast } from "./toast.js";

/**
 * Copy a text, and say whether that was done.
 * @param {string} text
 */
export async function copied(text) {
  const copy = () => navigator.clipboard.writeText(text).catch(refused);
  if (await attempt(navigator.clipboard ? copy : refused)) toast("Copied.");
}

async function refused() {
  throw new Error("The browser refused to copy. Select the text and copy it yourself.");
}

/** @param {{ text: string | (() => string), label?: string }} props `label`: what is copied, for a button of many */
export function CopyButton({ text, label }) {
  const copy = () => copied(typeof text === "function" ? text() : text);
  return html`<button type="button" class="button button-small copy" onClick=${copy}
    aria-label=${label ? `Copy ${label}` : null}><${Icon} name="copy" />Copy</button>`;
}
