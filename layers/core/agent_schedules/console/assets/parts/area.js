// A field with several lines of text.

import { html } from "../lib/h.js";
import { Field } from "./field.js";

/**
 * @param {{
 *   label: string, value: string, set: (value: string) => void, hint?: import("../lib/h.js").Children,
 *   error?: string | null, rows?: number, code?: boolean, required?: boolean, placeholder?: string, autofocus?: boolean,
 * }} props `code`: for JSON and the like
 */
export function AreaField({ label, value, set, hint, error, rows = 4, code = false, required, placeholder, autofocus }) {
  return html`<${Field} label=${label} hint=${hint} error=${error} control=${(/** @type {object} */ attributes) => html`
    <textarea ...${attributes} rows=${rows} value=${value} required=${required} placeholder=${placeholder} autofocus=${autofocus}
      spellcheck=${!code} class="input ${code ? "mono" : ""}"
      onInput=${(/** @type {any} */ event) => set(event.currentTarget.value)}></textarea>`} />`;
}

/**
 * A yes or no.
 * @param {{ label: string, value: boolean, set: (value: boolean) => void, hint?: import("../lib/h.js").Children }} props
 */
export function CheckField({ label, value, set, hint }) {
  return html`<div class="field"><label class="check"><input type="checkbox" checked=${value}
    onChange=${(/** @type {any} */ event) => set(event.currentTarget.checked)} />${label}</label>
    ${hint ? html`<div class="hint">${hint}</div>` : null}</div>`;
}
