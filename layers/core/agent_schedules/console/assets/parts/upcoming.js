// What comes next: the earliest occurrence of each schedule. A schedule that runs every second is one line.

import { html } from "../lib/h.js";
import { nameOf } from "../lib/names.js";
import { urls } from "../lib/router.js";
import { settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { exact, zoneShown } from "../lib/time.js";
import { Ago } from "./time.js";

/** @typedef {import("../lib/types.js").Upcoming} Occurrence */
/** @typedef {import("../lib/types.js").FoundSchedule} Schedule */
/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {{ agent: string, schedule: string, name: string, at: string, due: string }} Next */

export const SHOWN = 10;

/**
 * Return the first occurrence of each schedule, the earliest first.
 * @param {Occurrence[]} occurrences in the order of time
 * @param {Schedule[]} [schedules] further ones, whose occurrences come later than all of those
 * @returns {Next[]}
 */
export function nextOfEach(occurrences, schedules = []) {
  /** @type {Map<string, Next>} */
  const found = new Map();
  for (const { agent_id: agent, schedule_id: schedule, schedule_name: name, scheduled_for: at, effective_at: due } of occurrences) {
    if (!found.has(schedule)) found.set(schedule, { agent, schedule, name: name || schedule, at, due });
  }
  for (const { agent_id: agent, id: schedule, name, key, next_run_at: at } of schedules) {
    if (at && !found.has(schedule)) found.set(schedule, { agent, schedule, name: name || key || schedule, at, due: at });
  }
  return [...found.values()].sort((one, other) => Date.parse(one.due) - Date.parse(other.due));
}

/** @param {{ rows?: Next[], agents?: Agent[], partly?: boolean }} props `partly`: later ones may be missing */
export function Upcoming({ rows, agents, partly = false }) {
  useStore(settings);
  if (!rows) return html`<p class="loading">Loading…</p>`;
  if (rows.length === 0) return html`<p class="panel-body muted">Nothing is due in the next 24 hours.</p>`;
  return html`<ol class="lines">
    ${rows.slice(0, SHOWN).map(({ agent, schedule, name, at, due }) => html`<li key=${schedule} class="line line-due">
      <div class="line-name"><a href=${urls.schedule(agent, schedule)}>${name}</a>
        <span class="muted">${nameOf(agents, agent)}</span></div>
      <div class="line-time"><strong><${Ago} at=${due} /></strong>
        <span class="muted">${exact(at, zoneShown(), { year: false })}</span></div>
    </li>`)}
    ${partly && rows.length < SHOWN ? html`<li class="line muted small">Older schedules may be due, too.</li>` : null}
  </ol>`;
}
