// What comes next: the earliest occurrence of each schedule. A schedule that runs every second is one line.

import { html } from "../lib/h.js";
import { nameOf } from "../lib/names.js";
import { urls } from "../lib/router.js";
import { settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { clock, exact, zoneShown } from "../lib/time.js";
import { Ago } from "./time.js";

/** @typedef {import("../lib/types.js").Upcoming} Row */
/** @typedef {import("../lib/types.js").Agent} Agent */

const SHOWN = 10;

/** @param {{ rows?: Row[], more?: boolean, agents?: Agent[] }} props */
export function Upcoming({ rows, more = false, agents }) {
  useStore(settings);
  if (!rows) return html`<p class="loading">Loading…</p>`;
  if (rows.length === 0) return html`<p class="panel-body muted">Nothing is due in the next 24 hours.</p>`;
  const seen = new Set();
  const first = rows.filter((row) => !seen.has(row.schedule_id) && seen.add(row.schedule_id)).slice(0, SHOWN);
  const looked = rows[rows.length - 1].scheduled_for;
  return html`<ol class="lines">
    ${first.map((row) => html`<li key=${row.id} class="line line-due">
      <div class="line-name"><a href=${urls.schedule(row.agent_id, row.schedule_id)}>${row.schedule_name || row.schedule_id}</a>
        <span class="muted">${nameOf(agents, row.agent_id)}</span></div>
      <div class="line-time"><strong><${Ago} at=${row.effective_at} /></strong>
        <span class="muted">${exact(row.scheduled_for, zoneShown(), { year: false })}</span></div>
    </li>`)}
    ${more && first.length < SHOWN ? html`<li class="line muted small">Looked at the next ${rows.length} occurrences, until
      ${clock(looked, zoneShown(), { seconds: true })}.</li>` : null}
  </ol>`;
}
