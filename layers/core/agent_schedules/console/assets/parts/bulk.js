// One action on every schedule that a filter matches: counted first, then done by a job that can be watched and stopped.

import { call, get, newKey } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";
import { withSeconds } from "../lib/local_time.js";
import { poll } from "../lib/poll.js";
import { urls } from "../lib/router.js";
import { useSaving } from "../lib/saving.js";
import { Dialog } from "./dialog.js";
import { errorAt, ErrorNote } from "./error.js";
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
const FIELDS = ["reason", "until"]; // those that show their own errors
const OFTEN = 2; // seconds between two looks at a job

/** @typedef {{ filter: Record<string, unknown>, words: string }} Many `words` says what the filter matches */

/** @param {{ many: Many, close: () => void, changed: () => void }} props */
export function BulkDialog({ many, close, changed }) {
  const [action, setAction] = useState(/** @type {Action} */ ("pause"));
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [counted, setCounted] = useState(/** @type {Job | null} */ (null));
  const [job, setJob] = useState(/** @type {Job | null} */ (null));
  const [lost, setLost] = useState(/** @type {Error | null} */ (null)); // the last look at the job failed
  const { error, setError, busy, send } = useSaving();
  const { verb, done, says } = ACTIONS[action];

  /** @param {boolean} dry */
  const sent = (dry) => send(async (keyFor) => {
    const pause = action === "pause" ? { ...(reason ? { reason } : {}), ...(until ? { until: withSeconds(until) } : {}) } : {};
    const body = { filter: many.filter, action, dry_run: dry, ...pause };
    const found = await call("POST", "/api/v1/schedules/bulk", { body, once: dry ? newKey() : keyFor(body) });
    if (dry) setCounted(found);
    else setJob(found);
  });
  const end = () => {
    if (job) changed();
    close();
  };
  useWatched(job ?? counted, (found) => (job ? setJob(found) : setCounted(found)), setLost);
  /** @param {(value: any) => void} set */
  const edited = (set) => (/** @type {any} */ value) => {
    set(value);
    setCounted(null);
    setLost(null);
    setError(null);
  };
  const ready = counted?.status === "completed";
  const counting = counted !== null && !ENDED.has(counted.status);
  const atField = FIELDS.some((field) => errorAt(error, field));
  return html`<${Dialog} title="Change many schedules" close=${end}>
    <p>The action is for ${many.words}.</p>
    ${job ? html`<${Progress} job=${job} done=${done} failed=${setError} />` : html`<form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      void sent(!ready);
    }}>
      <${SelectField} label="Action" value=${action} hint=${says} set=${edited(setAction)}
        options=${Object.entries(ACTIONS).map(([name, one]) => [name, one.verb])} />
      ${action === "pause" ? html`
        <${TextField} label="Reason" value=${reason} set=${edited(setReason)} error=${errorAt(error, "reason")} maxLength=${200} placeholder="Optional" />
        <${TextField} label="Until" type="datetime-local" value=${until} set=${edited(setUntil)} error=${errorAt(error, "until")}
          hint="In the time zone of each schedule. They then resume by themselves; leave it empty to resume them yourself." />` : null}
      ${counted ? html`<${Count} counted=${counted} />` : null}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${end}>Cancel</button>
        ${counted && (ready || counting) ? html`<button type="submit" class="button ${action === "delete" ? "button-danger" : "button-main"}"
              disabled=${busy || !ready || counted.matched === 0}>${verb} ${counted.matched}</button>`
          : html`<button type="submit" class="button button-main" disabled=${busy}>${busy ? "Counting…" : "Count them first"}</button>`}
      </div>
    </form>`}
    ${error && !atField ? html`<${ErrorNote} error=${error} />` : null}
    ${lost ? html`<${ErrorNote} error=${lost} />` : null}
    ${job ? html`<div class="dialog-buttons"><button type="button" class="button button-main" onClick=${end}>Close</button></div>` : null}
  <//>`;
}

/** @param {{ counted: Job }} props */
function Count({ counted }) {
  const counting = !ENDED.has(counted.status);
  if (!counting && counted.status !== "completed") {
    return html`<div class="note note-bad" role="alert"><p>They were not counted to the end${counted.error ? `: ${counted.error}` : "."}</p></div>`;
  }
  return html`<div class="note" role="status"><p><strong>${counted.matched}</strong> ${counted.matched === 1 ? "schedule matches" : "schedules match"}${
    counting ? " so far. Still counting…" : "."}</p></div>`;
}

/**
 * Look at a job until it has ended.
 * @param {Job | null} job
 * @param {(job: Job) => void} seen
 * @param {(error: Error | null) => void} failed null: a look has succeeded again
 */
function useWatched(job, seen, failed) {
  const id = job && !ENDED.has(job.status) ? job.id : null;
  useEffect(() => {
    if (id === null) return undefined;
    return poll(async () => {
      try {
        seen(await get(`/api/v1/jobs/${id}`));
        failed(null);
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
