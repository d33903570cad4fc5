// The calendar over all schedules: what ran and what comes, by month, week or day.

import { get } from "../lib/api.js";
import { FEW_AGENTS, timesOfAll } from "../lib/fleet_times.js";
import { html, useState } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { nameOf, useAgents } from "../lib/names.js";
import { useQuery } from "../lib/router.js";
import { CalendarPanel, useCalendarPlace } from "../parts/calendar_panel.js";
import { Page } from "../parts/page.js";
import { titleOf } from "../parts/schedule_actions.js";

/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {import("../lib/types.js").Schedule} Schedule */

const PAGES = 5; // of each list, 100 rows a page
const EVERY = 60; // seconds
const MOST_NAMES = 100;

export function Calendar() {
  const [query, setQuery] = useQuery();
  const place = useCalendarPlace();
  const agents = useAgents();
  const [pages, setPages] = useState(PAGES);
  const agent = query.agent_id ?? null;
  const names = useLoad(`schedule names ${agent}`, (signal) => get("/api/v1/schedules", { limit: MOST_NAMES, agent_id: agent }, signal));
  /** @type {Map<string, string>} */
  const known = new Map(names.data?.data.map((/** @type {Schedule} */ one) => [one.id, titleOf(one)]));
  const title = (/** @type {string} */ of, /** @type {string | null} */ schedule) =>
    schedule === null ? `${nameOf(agents, of)}, without a schedule` : known.get(schedule) ?? nameOf(agents, of);
  const ready = agents && (names.data || names.error);
  const loaded = useLoad(
    ready ? `calendar ${JSON.stringify([agent, place.from, place.to, pages])}` : null,
    (signal) => timesOfAll({ ...place, pages, signal, agent, agents: agents ?? [], title }),
    { every: EVERY },
  );
  const choose = (/** @type {any} */ event) => setQuery({ agent_id: event.currentTarget.value || null }, { replace: true });
  const filter = html`<label class="cal-agent"><span class="visually-hidden">Agent</span>
    <select class="input" value=${agent ?? ""} onChange=${choose}>
      <option value="" selected=${!agent}>All agents</option>
      ${agent && !agents?.some((one) => one.id === agent) ? html`<option value=${agent} selected>${agent}</option>` : null}
      ${agents?.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === agent}>${one.name}</option>`)}
    </select></label>`;
  const note = agents && agents.length > FEW_AGENTS && !agent ? html`<p class="cal-rest muted">Of the past, this shows what went
    wrong. Choose an agent to see all of its runs.</p>` : null;
  return html`<${Page} title="Calendar" actions=${filter}>
    <${CalendarPanel} place=${place} loaded=${loaded} more=${() => setPages(pages * 3)} note=${note} />
  <//>`;
}
