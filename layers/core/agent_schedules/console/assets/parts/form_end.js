// The end of a form: what went wrong, what somebody else has changed meanwhile, and the buttons.

import { ApiError } from "../lib/api.js";
import { html } from "../lib/h.js";
import { NAMES } from "../lib/policies.js";
import { errorAt, ErrorNote } from "./error.js";
import { LeaveGuard } from "./leave.js";

/** @param {string} field */
const wordOf = (field) => NAMES[field.replace(/^policies\./, "")] ?? field.replaceAll("_", " ");

/**
 * @param {{
 *   error: Error | null, fields: string[], wrong?: boolean, busy: boolean, verb: string, disabled: boolean,
 *   edited: { unsaved: boolean, merged: boolean, both: string[] }, children?: import("../lib/h.js").Children,
 * }} props `fields`: those that show their own errors. `wrong`: one shows an error that is not the service's
 */
export function FormEnd({ error, fields, wrong = false, busy, verb, disabled, edited, children }) {
  const known = wrong || fields.some((field) => errorAt(error, field));
  const stale = error instanceof ApiError && error.status === 412; // the note says it better
  return html`<div class="form-end">
    ${error && !known && !stale ? html`<${ErrorNote} error=${error} />` : null}
    ${known ? html`<p class="field-error" role="alert">Not saved: see the message at the field.</p>` : null}
    ${stale || edited.merged ? html`<div class="note note-warn" role="alert">
      <p>It was changed by somebody else meanwhile${stale ? ", so nothing was saved" : ""}. This form now has those changes where you
        changed nothing. Save ${stale ? "again " : ""}to put yours on top.</p>
      ${edited.both.length > 0 ? html`<p>Both of you have changed: <strong>${edited.both.map(wordOf).join(", ")}</strong>. Yours would replace theirs.</p>` : null}
    </div>` : null}
    <div class="row">
      <button type="submit" class="button button-main" disabled=${busy || disabled}>${busy ? "One moment…" : verb}</button>
      ${children}
    </div>
    <${LeaveGuard} unsaved=${edited.unsaved} />
  </div>`;
}
