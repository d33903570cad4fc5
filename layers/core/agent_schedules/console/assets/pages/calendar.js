// The calendar over all schedules: what ran and what comes, by month, week or day.

import { FEW_AGENTS, timesOfAll } from "../lib/fleet_times.js";
import { html, useState } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { nameOf, useAgentList, useScheduleNames } from "../lib/names.js";
import { useQuery } from "../lib/router.js";
import { CalendarPanel, useCalendarPlace } from "../parts/calendar_panel.js";
import { Page } from "../parts/page.js";

/** @typedef {import("../lib/types.js").Agent} Agent */

const PAGES = 5; // of each list, 100 rows a page
const EVERY = 60; // seconds

export function Calendar() {
  const [query, setQuery] = useQuery();
  const place = useCalendarPlace();
  const list = useAgentList();
  const agents = list.data;
  const [pages, setPages] = useState(PAGES);
  const agent = query.agent_id ?? null;
  const names = useScheduleNames(agent);
  const title = (/** @type {string} */ of, /** @type {string | null} */ schedule) =>
    schedule === null ? `${nameOf(agents, of)}, without a schedule` : names.data?.get(schedule) ?? nameOf(agents, of);
  const ready = agents && (names.data || names.error);
  const loaded = useLoad(
    ready ? `calendar ${JSON.stringify([agent, place.from, place.to, pages])}` : null,
    (signal) => timesOfAll({ ...place, pages, signal, agent, agents: agents ?? [], title }),
    { every: EVERY },
  );
  const shown = agents ? loaded : { ...loaded, error: list.error, reload: list.reload };
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
    <${CalendarPanel} place=${place} loaded=${shown} more=${() => setPages(pages * 3)} note=${note} />
  <//>`;
}
