// What became of each time of a schedule, and why, a page at a time.

import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { reasonWords } from "../lib/reasons.js";
import { urls, useQuery } from "../lib/router.js";
import { isWholeMinute } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { pageOf } from "../lib/walk.js";
import { Empty } from "./empty.js";
import { Loaded } from "./loaded.js";
import { Pager } from "./pager.js";
import { Status } from "./status.js";
import { stateOfOccurrence } from "./strip.js";
import { Ago, Exact } from "./time.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Occurrence} Occurrence */

const LIMIT = 25;
const EVERY = 20; // seconds

/** @param {{ schedule: Schedule }} props */
export function Ledger({ schedule }) {
  const [query] = useQuery();
  const after = query.after ?? null;
  const path = `${schedulePath(schedule)}/occurrences`;
  const loaded = useLoad(
    `${path} ${after}`, (signal) => pageOf(path, {}, { limit: LIMIT, after, signal }), { every: EVERY },
  );
  return html`<${Loaded} of=${loaded}>${(/** @type {import("../lib/walk.js").Rows<Occurrence>} */ { rows, next, unfinished }) => (
    rows.length === 0 && !after
      ? html`<${Empty} title="No outcome yet"><p>The first one comes with the first time of the schedule.</p><//>`
      : html`<div class="table-scroll"><table class="table">
          <thead><tr><th>Time</th><th>Outcome</th><th>Why</th><th>Run</th></tr></thead>
          <tbody>${rows.map((one) => html`<${Row} key=${one.id} one=${one} schedule=${schedule} />`)}</tbody>
        </table></div>
        <${Pager} shown=${rows.length} next=${next} unfinished=${unfinished} what=${rows.length === 1 ? "outcome" : "outcomes"} />`)}<//>`;
}

/** @param {{ one: Occurrence, schedule: Schedule }} props */
function Row({ one, schedule }) {
  const zone = zoneOf(schedule.schedule);
  const state = stateOfOccurrence(one);
  return html`<tr>
    <th scope="row"><${Exact} at=${one.scheduled_for} zone=${zone} seconds=${!isWholeMinute(one.scheduled_for)} />
      ${one.count > 1 ? html`<div class="quiet">until <${Exact} at=${one.until} zone=${zone} />, ${one.count.toLocaleString("en")} times</div>`
        : html`<div class="quiet"><${Ago} at=${one.scheduled_for} zone=${zone} /></div>`}</th>
    <td data-label="Outcome"><${Status} state=${state} /></td>
    <td data-label="Why" class=${one.reason ? "" : "blank"}>${one.outcome === "ran" && one.reason ? `A backfill. Before: ${reasonWords(one.reason)}` : reasonWords(one.reason)}</td>
    <td data-label="Run" class=${one.run_id ? "" : "blank"}>${one.run_id
      ? html`<a href=${urls.run(schedule.agent_id, one.run_id)}>${one.outcome === "ran" || one.outcome === "queued" ? "Look at the run" : "Look at that run"}</a>`
      : null}</td>
  </tr>`;
}
