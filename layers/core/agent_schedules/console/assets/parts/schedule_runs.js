// The runs of a schedule, the latest due first, with the beginnings of their answers.

import { STARTED_BY } from "../lib/failures.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { urls, useQuery } from "../lib/router.js";
import { duration } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { pageOf } from "../lib/walk.js";
import { Empty } from "./empty.js";
import { Loaded } from "./loaded.js";
import { Pager } from "./pager.js";
import { ofRun, Status } from "./status.js";
import { Ago, Exact } from "./time.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").RunSummary} RunSummary */

const LIMIT = 25;
const EVERY = 10; // seconds

/** @param {{ schedule: Schedule }} props */
export function ScheduleRuns({ schedule }) {
  const [query] = useQuery();
  const after = query.after ?? null;
  const path = `${schedulePath(schedule)}/runs`;
  const loaded = useLoad(
    `${path} ${after}`, (signal) => pageOf(path, { view: "summary" }, { limit: LIMIT, after, signal }), { every: EVERY },
  );
  return html`<${Loaded} of=${loaded}>${(/** @type {import("../lib/walk.js").Rows<RunSummary>} */ { rows, next, unfinished }) => (
    rows.length === 0 && !after
      ? html`<${Empty} title="No run yet"><p>“Run now” starts one at once.</p><//>`
      : html`<div class="table-scroll"><table class="table">
          <thead><tr><th>Time</th><th>Status</th><th>Started</th><th>Took</th><th>Answer</th></tr></thead>
          <tbody>${rows.map((run) => html`<${Row} key=${run.id} run=${run} zone=${zoneOf(schedule.schedule)} />`)}</tbody>
        </table></div>
        <${Pager} shown=${rows.length} next=${next} unfinished=${unfinished} what=${rows.length === 1 ? "run" : "runs"} />`)}<//>`;
}

/** @param {{ run: RunSummary, zone: string | null }} props */
function Row({ run, zone }) {
  const at = run.scheduled_for ?? run.created_at;
  const error = typeof run.error?.message === "string" ? run.error.message : run.error?.code ? String(run.error.code) : null;
  const words = error ?? run.answer;
  return html`<tr>
    <th scope="row"><a href=${urls.run(run.agent_id, run.id)}><${Exact} at=${at} zone=${zone} seconds=${run.scheduled_for === null} /></a>
      <div class="quiet"><${Ago} at=${at} zone=${zone} /></div></th>
    <td data-label="Status"><${Status} state=${ofRun(run)} /></td>
    <td data-label="Started">${STARTED_BY[run.trigger] ?? run.trigger}${run.retry_of
      ? html`, from <a href=${urls.run(run.agent_id, run.retry_of)}>this run</a>` : null}</td>
    <td data-label="Took" class=${run.completed_at ? "nowrap" : "blank"}>${run.completed_at
      ? duration(Date.parse(run.completed_at) - Date.parse(run.created_at)) : null}</td>
    <td data-label="Answer" class=${words ? "" : "blank"}><div class="excerpt ${error ? "excerpt-bad" : ""}" title=${words}>${words}</div></td>
  </tr>`;
}
