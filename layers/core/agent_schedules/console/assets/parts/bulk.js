// One action on every schedule that a filter matches: counted first, then done by a job that can be watched and stopped.

import { call, get, newKey } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";
import { poll } from "../lib/poll.js";
import { urls } from "../lib/router.js";
import { Dialog } from "./dialog.js";
import { ErrorNote } from "./error.js";
import { SelectField, TextField } from "./field.js";
import { Status } from "./status.js";

/** @typedef {import("../lib/types.js").Job} Job */
/** @typedef {"pause" | "resume" | "delete"} Action */

/** @type {Record<Action, { verb: string, done: string, says: string }>} */
const ACTIONS = {
  pause: { verb: "Pause", done: "paused", says: "Times that fall into the pause make no run. Schedules that are paused already stay as they are." },
  resume: { verb: "Resume", done: "resumed", says: "Paused schedules run again at their next times." },
  delete: { verb: "Delete", done: "deleted", says: "They make no run from now on, and this cannot be undone. Their past runs stay." },
};
const ENDED = new Set(["completed", "cancelled", "failed"]);
const OFTEN = 2; // seconds between two looks at a job

/**
 * @param {{ filter: Record<string, unknown>, words: string, close: () => void, changed: () => void }} props
 * `words` says what the filter matches
 */
export function BulkDialog({ filter, words, close, changed }) {
  const [action, setAction] = useState(/** @type {Action} */ ("pause"));
  const [reason, setReason] = useState("");
  const [counted, setCounted] = useState(/** @type {Job | null} */ (null));
  const [job, setJob] = useState(/** @type {Job | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const { verb, done, says } = ACTIONS[action];

  /** @param {boolean} dry */
  const send = async (dry) => {
    const body = { filter, action, dry_run: dry, ...(action === "pause" && reason ? { reason } : {}) };
    setBusy(true);
    setError(null);
    try {
      const found = await call("POST", "/api/v1/schedules/bulk", { body, once: newKey() });
      if (dry) setCounted(found);
      else setJob(found);
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
    }
    setBusy(false);
  };
  const end = () => {
    if (job) changed();
    close();
  };
  const shown = job ?? counted;
  useWatched(shown, (found) => (job ? setJob(found) : setCounted(found)), setError);
  const counting = counted !== null && !ENDED.has(counted.status);
  const again = () => setCounted(null);
  return html`<${Dialog} title="Change many schedules" close=${end}>
    <p>The action is for ${words}.</p>
    ${job ? html`<${Progress} job=${job} done=${done} failed=${setError} />` : html`<form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void send(counted === null);
    }}>
      <${SelectField} label="Action" value=${action} hint=${says}
        set=${(/** @type {Action} */ value) => (setAction(value), again())}
        options=${Object.entries(ACTIONS).map(([name, one]) => [name, one.verb])} />
      ${action === "pause" ? html`<${TextField} label="Reason" value=${reason} set=${(/** @type {string} */ value) => (setReason(value), again())}
        maxLength=${200} placeholder="Optional" />` : null}
      ${counted ? html`<div class="note" role="status"><p><strong>${counted.matched}</strong> ${counted.matched === 1
        ? "schedule matches" : "schedules match"}${counting ? " so far. Still counting…" : "."}</p></div>` : null}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${end}>Cancel</button>
        ${counted
          ? html`<button type="submit" class="button ${action === "delete" ? "button-danger" : "button-main"}"
              disabled=${busy || counting || counted.matched === 0}>${verb} ${counted.matched}</button>`
          : html`<button type="submit" class="button button-main" disabled=${busy}>${busy ? "Counting…" : "Count them first"}</button>`}
      </div>
    </form>`}
    ${error ? html`<${ErrorNote} error=${error} />` : null}
    ${job ? html`<div class="dialog-buttons"><button type="button" class="button button-main" onClick=${end}>Close</button></div>` : null}
  <//>`;
}

/**
 * Look at a job until it has ended.
 * @param {Job | null} job
 * @param {(job: Job) => void} seen
 * @param {(error: Error) => void} failed
 */
function useWatched(job, seen, failed) {
  const id = job && !ENDED.has(job.status) ? job.id : null;
  useEffect(() => {
    if (id === null) return undefined;
    return poll(async () => {
      try {
        seen(await get(`/api/v1/jobs/${id}`));
      } catch (error) {
        failed(/** @type {Error} */ (error));
        throw error;
      }
    }, OFTEN);
  }, [id]);
}

/** @param {{ job: Job, done: string, failed: (error: Error) => void }} props */
function Progress({ job, done, failed }) {
  const stop = () => call("POST", `/api/v1/jobs/${job.id}/cancel`, { once: newKey() }).catch(failed);
  const over = job.changed + job.unchanged + job.failed;
  return html`<div class="stack" aria-live="polite">
    <p><${Status} state=${job.status} /> ${job.changed} ${done}, ${job.unchanged} unchanged, ${job.failed} failed.</p>
    ${ENDED.has(job.status) ? null : html`
      <progress max=${Math.max(job.matched, 1)} value=${over} aria-label="Schedules that are done"></progress>
      <p class="muted">It goes on if you close this.</p>
      <div><button type="button" class="button button-small" disabled=${job.status === "cancelling"} onClick=${stop}>Stop it</button></div>`}
    ${job.error ? html`<div class="note note-bad"><p>${job.error}</p></div>` : null}
    ${job.errors.length > 0 ? html`<ul class="stack small">${job.errors.map((one) => html`<li key=${one.schedule_id}>
      <a href=${urls.schedule(one.agent_id, one.schedule_id)}>${one.schedule_id}</a>: ${one.message}</li>`)}</ul>` : null}
  </div>`;
}
