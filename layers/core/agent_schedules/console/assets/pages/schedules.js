// The schedules of all agents: found by the API's own filters, a page at a time.

import { html, useRef } from "../lib/h.js";
import { useShortcuts } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { nameOf, useAgents } from "../lib/names.js";
import { urls, useQuery } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { timingWords, zoneOf } from "../lib/timing.js";
import { pageOf } from "../lib/walk.js";
import { FirstSchedule } from "../parts/empty.js";
import { ErrorNote } from "../parts/error.js";
import { Icon } from "../parts/icon.js";
import { Page } from "../parts/page.js";
import { ScheduleButtons, titleOf } from "../parts/schedule_actions.js";
import { ofSchedule, Status } from "../parts/status.js";
import { Ago, Coming } from "../parts/time.js";

/** @typedef {import("../lib/types.js").FoundSchedule} FoundSchedule */

const LIMIT = 50;
const EVERY = 15; // seconds between two loads
const FILTERS = ["name", "status", "agent_id", "last_run_status"];

export function Schedules() {
  const [query, setQuery] = useQuery();
  const agents = useAgents();
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? null]));
  const filtered = Object.values(filter).some(Boolean);
  const after = query.after ?? null;
  const { data, error, loading, reload } = useLoad(
    `schedules ${JSON.stringify([filter, after])}`,
    (signal) => pageOf("/api/v1/schedules", filter, { limit: LIMIT, after, signal }),
    { every: EVERY },
  );
  /** @type {FoundSchedule[] | undefined} */
  const rows = data?.rows;
  const empty = rows?.length === 0 && !after;
  return html`<${Page} title="Schedules" actions=${allows("write")
    ? html`<a class="button button-main" href=${urls.newSchedule()}><${Icon} name="plus" />New schedule</a>` : null}>
    <section class="panel" aria-busy=${String(loading)}>
      <${Toolbar} query=${query} setQuery=${setQuery} agents=${agents} />
      ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
      ${empty && !filtered ? html`<${FirstSchedule} />` : null}
      ${empty && filtered ? html`<div class="empty"><p>No schedule matches.</p></div>` : null}
      ${rows && rows.length > 0 ? html`<${Table} rows=${rows} agents=${agents} reload=${reload} />` : null}
      ${!rows && !error ? html`<p class="loading">Loading…</p>` : null}
    </section>
  <//>`;
}

/** @param {{ query: Record<string, string>, setQuery: any, agents: any }} props */
function Toolbar({ query, setQuery }) {
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  useShortcuts([{ keys: "/", label: "Search", act: () => search.current?.focus() }]);
  return html`<div class="toolbar" role="search">
    <div class="search"><${Icon} name="search" />
      <input ref=${search} class="input" type="search" placeholder="Name begins with…" aria-label="Name begins with"
        value=${query.name ?? ""} onInput=${(/** @type {any} */ event) => setQuery({ name: event.currentTarget.value, after: null }, { replace: true })} />
    </div>
  </div>`;
}

/** @param {{ rows: FoundSchedule[], agents: any, reload: () => void }} props */
function Table({ rows, agents, reload }) {
  return html`<div class="table-scroll"><table class="table">
    <thead><tr><th>Schedule</th><th>Timing</th><th>Next run</th><th>Last run</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>
      <th scope="row"><div class="table-name"><a href=${urls.schedule(row.agent_id, row.id)}>${titleOf(row)}</a>
        <span class="muted">${nameOf(agents, row.agent_id)}</span></div></th>
      <td data-label="Timing"><span class="mono">${timingWords(row.schedule)}</span></td>
      <td data-label="Next run">${row.status === "active" && row.next_run_at
        ? html`<${Coming} at=${row.next_run_at} zone=${zoneOf(row.schedule)} />` : html`<${Status} state=${ofSchedule(row.status)} />`}</td>
      <td data-label="Last run">${row.last_run_at ? html`<${Ago} at=${row.last_run_at} />` : "–"}</td>
      <td><div class="table-buttons"><${ScheduleButtons} schedule=${row} changed=${reload} /></div></td>
    </tr>`)}</tbody>
  </table></div>`;
}
