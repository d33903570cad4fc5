// A field of a form: its label, its hint, and the API's message about it.

import { html, useId } from "../lib/h.js";

/**
 * The label, hint and error around one control. `control` gets the attributes that connect it with them.
 * @param {{
 *   label: string,
 *   hint?: import("../lib/h.js").Children,
 *   error?: string | null,
 *   control: (attributes: { id: string, "aria-describedby": string, "aria-invalid": string | null }) => unknown,
 * }} props
 */
export function Field({ label, hint, error, control }) {
  const id = useId();
  const attributes = { id, "aria-describedby": `${id}-hint ${id}-error`, "aria-invalid": error ? "true" : null };
  return html`<div class="field ${error ? "field-wrong" : ""}">
    <label for=${id}>${label}</label>
    ${control(attributes)}
    <div id="${id}-hint" class="hint">${hint}</div>
    <div id="${id}-error" class="field-error" aria-live="polite">${error}</div>
  </div>`;
}

/**
 * A field with one line of text.
 * @param {{
 *   label: string, value: string, set: (value: string) => void, hint?: import("../lib/h.js").Children,
 *   error?: string | null, type?: string, placeholder?: string, required?: boolean, maxLength?: number, autofocus?: boolean,
 *   step?: number,
 * }} props
 */
export function TextField({ label, value, set, hint, error, type = "text", placeholder, required, maxLength, autofocus, step }) {
  return html`<${Field} label=${label} hint=${hint} error=${error} control=${(/** @type {object} */ attributes) => html`
    <input ...${attributes} type=${type} value=${value} placeholder=${placeholder} required=${required} maxlength=${maxLength} step=${step}
      autofocus=${autofocus} autocomplete="off" spellcheck=${false} class="input"
      onInput=${(/** @type {any} */ event) => set(event.currentTarget.value)} />`} />`;
}

/**
 * A choice of one.
 * @param {{
 *   label: string, value: string, set: (value: string) => void, options: [value: string, text: string][],
 *   hint?: import("../lib/h.js").Children, error?: string | null,
 * }} props
 */
export function SelectField({ label, value, set, options, hint, error }) {
  return html`<${Field} label=${label} hint=${hint} error=${error} control=${(/** @type {object} */ attributes) => html`
    <select ...${attributes} value=${value} class="input"
      onChange=${(/** @type {any} */ event) => set(event.currentTarget.value)}>
      ${options.map(([one, text]) => html`<option key=${one} value=${one} selected=${one === value}>${text}</option>`)}
    </select>`} />`;
}
