// The schedules of all agents: found by the API's own filters, a page at a time.

import { html, useState } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { nameOf, useAgents } from "../lib/names.js";
import { useOutcomes } from "../lib/outcomes.js";
import { urls, useQuery } from "../lib/router.js";
import { bodyOf, conditionsOf, filterOf, NAMES, sizeOf, wordsOf } from "../lib/schedule_filter.js";
import { allows } from "../lib/session.js";
import { prefer, settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { timingNote, timingWords, zoneOf } from "../lib/timing.js";
import { pageOf } from "../lib/walk.js";
import { BulkDialog } from "../parts/bulk.js";
import { Empty, FirstSchedule } from "../parts/empty.js";
import { ErrorNote } from "../parts/error.js";
import { Icon } from "../parts/icon.js";
import { Page } from "../parts/page.js";
import { Pager } from "../parts/pager.js";
import { ScheduleButtons, titleOf } from "../parts/schedule_actions.js";
import { Filters, WRONG } from "../parts/schedule_filters.js";
import { ofSchedule, Status } from "../parts/status.js";
import { Strip } from "../parts/strip.js";
import { Ago, Coming, Exact } from "../parts/time.js";

/** @typedef {import("../lib/types.js").FoundSchedule} FoundSchedule */
/** @typedef {import("../lib/types.js").Agent} Agent */

const LIMIT = 50;
const EVERY = 20; // seconds between two loads

export function Schedules() {
  const [query, setQuery] = useQuery();
  const { outcomes } = useStore(settings);
  const [many, setMany] = useState(/** @type {import("../parts/bulk.js").Many | null} */ (null)); // as it was when it was opened
  const agents = useAgents();
  const filter = filterOf(query);
  const [wrong] = Object.values(filter.wrong);
  const wanted = conditionsOf(filter);
  const after = query.after ?? null;
  const { data, error, loading, reload } = useLoad(
    wrong ? null : `schedules ${JSON.stringify([wanted, after])}`,
    (signal) => pageOf("/api/v1/schedules", wanted, { limit: LIMIT, after, signal }),
    { every: EVERY },
  );
  /** @type {FoundSchedule[] | undefined} */
  const rows = data?.rows;
  const filtered = sizeOf(filter) > 0;
  const none = rows?.length === 0 && !after && !data?.next;
  const clear = () => setQuery(Object.fromEntries([...NAMES, "after"].map((name) => [name, null])));
  const actions = allows("write") ? html`
    <button type="button" class="button" disabled=${Boolean(wrong)}
      onClick=${() => setMany({ filter: bodyOf(filter), words: wordsOf(filter, agents) })}>Pause or change many…</button>
    <a class="button button-main" href=${urls.newSchedule(query.agent_id)}><${Icon} name="plus" />New schedule</a>` : null;
  return html`<${Page} title="Schedules" actions=${actions}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    <section class="panel" aria-busy=${String(loading)} aria-label="List of schedules">
      <div class="toolbar" role="search">
        <${Filters} query=${query} filter=${filter} setQuery=${setQuery} agents=${agents} />
        <label class="check"><input type="checkbox" checked=${outcomes}
          onChange=${() => prefer({ outcomes: !outcomes })} />Outcomes</label>
      </div>
      ${wrong ? html`<${Empty} title="No list for this filter">
        <p id=${WRONG} class="field-error" role="status">${wrong}</p>
        <button type="button" class="button" onClick=${clear}>Show all schedules</button><//>` : null}
      ${none && !filtered ? html`<${FirstSchedule} />` : null}
      ${none && filtered ? html`<${Empty} title="No schedule matches">
        <p>There is none for ${wordsOf(filter, agents)}.</p>
        <button type="button" class="button" onClick=${clear}>Show all schedules</button><//>` : null}
      ${rows?.length === 0 && !none ? html`<p class="loading">${data?.unfinished ? "None so far." : "No more schedules."}</p>` : null}
      ${rows && rows.length > 0 ? html`<${Table} rows=${rows} agents=${agents} outcomes=${outcomes} reload=${reload} />` : null}
      ${data && !none ? html`<${Pager} shown=${rows?.length} next=${data.next} unfinished=${data.unfinished}
        what=${rows?.length === 1 ? "schedule" : "schedules"} />` : null}
      ${!rows && !error && !wrong ? html`<p class="loading">Loading…</p>` : null}
    </section>
    ${many ? html`<${BulkDialog} many=${many} close=${() => setMany(null)} changed=${reload} />` : null}
  <//>`;
}

/** @param {{ rows: FoundSchedule[], agents: Agent[] | undefined, outcomes: boolean, reload: () => void }} props */
function Table({ rows, agents, outcomes, reload }) {
  return html`<div class="table-scroll"><table class="table">
    <thead><tr>
      <th scope="col">Schedule</th><th scope="col">Timing</th><th scope="col">Next run</th><th scope="col">Last run</th>
      ${outcomes ? html`<th scope="col">Outcomes</th>` : null}
      ${allows("write") ? html`<th scope="col"><span class="visually-hidden">Actions</span></th>` : null}
    </tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>
      <th scope="row"><div class="table-name">
        <a href=${urls.schedule(row.agent_id, row.id)}>${titleOf(row)}</a>
        <a class="quiet" href=${urls.agent(row.agent_id)}>${nameOf(agents, row.agent_id)}</a>
      </div></th>
      <td data-label="Timing"><${Timing} row=${row} /></td>
      <td data-label="Next run"><${Next} row=${row} /></td>
      <td data-label="Last run"><${Last} row=${row} /></td>
      ${outcomes ? html`<td data-label="Outcomes"><${Outcomes} row=${row} /></td>` : null}
      ${allows("write") ? html`<td><div class="table-buttons"><${ScheduleButtons} schedule=${row} changed=${reload} /></div></td>` : null}
    </tr>`)}</tbody>
  </table></div>`;
}

/** @param {{ row: FoundSchedule }} props */
function Timing({ row }) {
  return html`<div class="coming">
    <span title=${timingNote(row.schedule)}>${timingWords(row.schedule)}</span>
    ${zoneOf(row.schedule) ? html`<span class="muted">${zoneOf(row.schedule)}</span>` : null}
  </div>`;
}

/** @param {{ row: FoundSchedule }} props */
function Next({ row }) {
  if (row.status === "active" && row.next_run_at) return html`<${Coming} at=${row.next_run_at} zone=${zoneOf(row.schedule)} />`;
  return html`<div class="coming">
    <${Status} state=${ofSchedule(row.status)} />
    ${row.pause?.reason ? html`<span class="muted">${row.pause.reason}</span>` : null}
    ${row.pause?.until ? html`<span class="muted">until <${Exact} at=${row.pause.until} zone=${zoneOf(row.schedule)} /></span>` : null}
  </div>`;
}

/** @param {{ row: FoundSchedule }} props */
function Last({ row }) {
  if (!row.last_run_at) return html`<span class="muted">None yet</span>`;
  return html`<div class="coming">
    ${row.last_run_status && row.last_run_id
      ? html`<a class="status-link" href=${urls.run(row.agent_id, row.last_run_id)}><${Status} state=${row.last_run_status} /></a>`
      : null}
    <span class="muted"><${Ago} at=${row.last_run_at} zone=${zoneOf(row.schedule)} /></span>
  </div>`;
}

/** @param {{ row: FoundSchedule }} props */
function Outcomes({ row }) {
  const [found, element] = useOutcomes(row);
  const error = found?.error;
  return html`<div ref=${element} class="strip-place">
    ${error ? html`<span class="muted small" title=${error.message}>Not loaded, tried again soon</span>` : null}
    ${error && !found.outcomes ? null : html`<${Strip} agent=${row.agent_id} schedule=${row.id} zone=${zoneOf(row.schedule)} outcomes=${found?.outcomes} />`}
  </div>`;
}
