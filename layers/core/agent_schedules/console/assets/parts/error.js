// What went wrong, in the API's own words.

import { ApiError } from "../lib/api.js";
import { html } from "../lib/h.js";

/** @param {{ error: Error, retry?: () => void }} props */
export function ErrorNote({ error, retry }) {
  const id = error instanceof ApiError ? error.requestId : null;
  return html`<div class="note note-bad" role="alert">
    <p>${error.message}</p>
    ${id ? html`<p class="muted">Request <code>${id}</code></p>` : null}
    ${retry ? html`<button type="button" class="button button-small" onClick=${retry}>Try again</button>` : null}
  </div>`;
}

/**
 * Return the message for a field of a form, if the error names it.
 * @param {Error | null} error
 * @param {string} field
 */
export function errorAt(error, field) {
  if (!(error instanceof ApiError)) return null;
  const found = error.fields.find((one) => one.field === field || one.field.startsWith(`${field}.`));
  return found ? found.message : null;
}
