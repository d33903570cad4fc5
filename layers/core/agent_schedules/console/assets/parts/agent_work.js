// What an agent does: its schedules and its last runs.

import { get } from "../lib/api.js";
import { STARTED_BY } from "../lib/failures.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { agentPath } from "../lib/paths.js";
import { address, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { timingNote, timingWords, zoneOf } from "../lib/timing.js";
import { Loaded } from "./loaded.js";
import { Panel } from "./page.js";
import { titleOf } from "./schedule_actions.js";
import { ofRun, ofSchedule, Status } from "./status.js";
import { Ago, Coming } from "./time.js";

/** @typedef {import("../lib/types.js").FoundSchedule} FoundSchedule */
/** @typedef {import("../lib/types.js").RunSummary} RunSummary */
/**
 * @template T
 * @typedef {import("../lib/types.js").List<T>} List
 */

const SHOWN = 10;
const EVERY = 15; // seconds

/** @param {{ agent_id: string }} props */
export function AgentSchedules({ agent_id }) {
  const loaded = useLoad(`schedules of ${agent_id}`,
    (signal) => get("/api/v1/schedules", { agent_id, limit: SHOWN }, signal), { every: EVERY });
  return html`<${Panel} title="Schedules" more=${loaded.data?.data.length > 0 ? html`<a href=${address("/console/schedules", { agent_id })}>All of them</a>` : null}>
    <${Loaded} of=${loaded}>${(/** @type {List<FoundSchedule>} */ { data: rows }) => (rows.length === 0
      ? html`<div class="empty"><p>No schedule yet.</p>${allows("write")
        ? html`<p><a class="button" href=${urls.newSchedule(agent_id)}>Create one</a></p>` : null}</div>`
      : html`<table class="table"><thead><tr><th>Schedule</th><th>Next run</th><th>Last run</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.id}>
        <th scope="row"><div class="table-name"><a href=${urls.schedule(agent_id, row.id)}>${titleOf(row)}</a>
          <span class="muted" title=${timingNote(row.schedule)}>${timingWords(row.schedule)}</span></div></th>
        <td data-label="Next run">${row.status === "active" && row.next_run_at
          ? html`<${Coming} at=${row.next_run_at} zone=${zoneOf(row.schedule)} />` : html`<${Status} state=${ofSchedule(row.status)} />`}</td>
        <td data-label="Last run">${row.last_run_id && row.last_run_status
          ? html`<a href=${urls.run(agent_id, row.last_run_id)}><${Status} state=${row.last_run_status} /></a>` : html`<span class="muted">None</span>`}</td>
      </tr>`)}</tbody></table>`)}<//>
  <//>`;
}

/** @param {{ agent_id: string }} props */
export function AgentRuns({ agent_id }) {
  const path = `${agentPath(agent_id)}/runs`;
  const loaded = useLoad(path, (signal) => get(path, { view: "summary", limit: SHOWN }, signal), { every: EVERY });
  return html`<${Panel} title="Last runs">
    <${Loaded} of=${loaded}>${(/** @type {List<RunSummary>} */ { data: rows }) => (rows.length === 0
      ? html`<div class="empty"><p>It has not run yet.</p></div>`
      : html`<table class="table"><thead><tr><th>Run</th><th>Outcome</th><th>Answer</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.id}>
        <th scope="row"><div class="table-name"><a class="nowrap" href=${urls.run(agent_id, row.id)}><${Ago} at=${row.scheduled_for ?? row.created_at} /></a>
          <span class="muted nowrap">${STARTED_BY[row.trigger]}</span></div></th>
        <td data-label="Outcome"><${Status} state=${ofRun(row)} /></td>
        <td data-label="Answer"><span class="excerpt">${row.answer ?? (row.error ? String(row.error.message) : "–")}</span></td>
      </tr>`)}</tbody></table>`)}<//>
  <//>`;
}
