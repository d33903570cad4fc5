// The runs of a schedule, the latest due first, with the beginnings of their answers.

import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { urls, useQuery } from "../lib/router.js";
import { duration } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { pageOf } from "../lib/walk.js";
import { Empty } from "./empty.js";
import { ErrorNote } from "./error.js";
import { Pager } from "./pager.js";
import { ofRun, Status } from "./status.js";
import { Ago, Exact } from "./time.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").RunSummary} RunSummary */

const LIMIT = 25;
const EVERY = 10; // seconds

/** @type {Record<string, string>} */
const TRIGGERS = { schedule: "Schedule", manual: "Run now", backfill: "Backfill", retry: "Retry", api: "API" };

/** @param {{ schedule: Schedule }} props */
export function ScheduleRuns({ schedule }) {
  const [query] = useQuery();
  const after = query.after ?? null;
  const path = `${schedulePath(schedule)}/runs`;
  const { data, error, reload } = useLoad(
    `${path} ${after}`, (signal) => pageOf(path, { view: "summary" }, { limit: LIMIT, after, signal }), { every: EVERY },
  );
  /** @type {RunSummary[] | undefined} */
  const rows = data?.rows;
  if (error) return html`<${ErrorNote} error=${error} retry=${reload} />`;
  if (!rows) return html`<p class="loading">Loading…</p>`;
  if (rows.length === 0 && !after) return html`<${Empty} title="No run yet"><p>“Run now” starts one at once.</p><//>`;
  return html`<div class="table-scroll"><table class="table">
      <thead><tr><th>Time</th><th>Status</th><th>Began by</th><th>Took</th><th>Answer</th></tr></thead>
      <tbody>${rows.map((run) => html`<${Row} key=${run.id} run=${run} zone=${zoneOf(schedule.schedule)} />`)}</tbody>
    </table></div>
    <${Pager} shown=${rows.length} next=${data?.next ?? null} unfinished=${data?.unfinished} what=${rows.length === 1 ? "run" : "runs"} />`;
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
    <td data-label="Began by">${TRIGGERS[run.trigger] ?? run.trigger}${run.retry_of
      ? html` of <a href=${urls.run(run.agent_id, run.retry_of)}>a run</a>` : null}</td>
    <td data-label="Took" class=${run.completed_at ? "nowrap" : "blank"}>${run.completed_at
      ? duration(Date.parse(run.completed_at) - Date.parse(run.created_at)) : null}</td>
    <td data-label="Answer" class=${words ? "" : "blank"}><div class="excerpt ${error ? "excerpt-bad" : ""}" title=${words}>${words}</div></td>
  </tr>`;
}
