// One schedule: how it stands, its calendar, what became of its times, its runs, and what it is.

import { call, get } from "../lib/api.js";
import { isUnderWay } from "../lib/calendar_entries.js";
import { now } from "../lib/clock.js";
import { html, useState } from "../lib/h.js";
import { useLoad, useReload } from "../lib/load.js";
import { nameOf, useAgents } from "../lib/names.js";
import { schedulePath } from "../lib/paths.js";
import { go, urls, useQuery } from "../lib/router.js";
import { timesOf } from "../lib/schedule_times.js";
import { allows } from "../lib/session.js";
import { zoneOf } from "../lib/timing.js";
import { BackfillDialog } from "../parts/backfill.js";
import { CalendarPanel, useCalendarPlace } from "../parts/calendar_panel.js";
import { Definition } from "../parts/definition.js";
import { ErrorNote } from "../parts/error.js";
import { Icon } from "../parts/icon.js";
import { Ledger } from "../parts/ledger.js";
import { Loaded } from "../parts/loaded.js";
import { SkipButton } from "../parts/occurrence_skip.js";
import { Page, Panel } from "../parts/page.js";
import { etagOf, ScheduleButtons, titleOf } from "../parts/schedule_actions.js";
import { ComingTimes } from "../parts/schedule_coming.js";
import { Notes, Standing } from "../parts/schedule_standing.js";
import { ScheduleRuns } from "../parts/schedule_runs.js";
import { SHOWN } from "../parts/strip.js";
import { Tabs } from "../parts/tabs.js";
import { attempt, toast } from "../parts/toast.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Preview} Preview */
/** @typedef {import("../lib/calendar_entries.js").Found} Found */

const EVERY = 10; // seconds
const PAGES = 3; // of each list of the calendar, 100 rows a page
const TABS = { calendar: "Calendar", times: "Times", runs: "Runs", definition: "Definition" };

/** @param {{ agent_id: string, schedule_id: string }} props */
export function SchedulePage({ agent_id, schedule_id }) {
  const path = schedulePath({ agent_id, id: schedule_id });
  const agents = useAgents();
  /** @type {import("../lib/load.js").Loaded<Schedule>} */
  const loaded = useLoad(path, (signal) => get(path, {}, signal), { every: EVERY });
  const { data: schedule, error, reload } = loaded;
  const kicker = html`<a href="/console/schedules">Schedules</a> / <a href=${urls.agent(agent_id)}>${nameOf(agents, agent_id)}</a>`;
  if (!schedule) return html`<${Page} title="Schedule" kicker=${kicker}><${Loaded} of=${loaded} /><//>`;
  return html`<${Found} schedule=${schedule} kicker=${kicker} error=${error} reload=${reload} />`;
}

/** @param {{ schedule: Schedule, kicker: unknown, error: Error | null, reload: () => Promise<void> }} props */
function Found({ schedule, kicker, error, reload }) {
  const [query] = useQuery();
  const path = schedulePath(schedule);
  const show = Object.hasOwn(TABS, query.show ?? "") ? query.show : "calendar";
  const preview = useLoad(`${path} words ${schedule.generation}`, (signal) => get(`${path}/preview`, { count: 1 }, signal));
  const outcomes = useLoad(`${path} strip`, (signal) => get(`${path}/occurrences`, { limit: SHOWN }, signal), { every: EVERY });
  /** @type {Preview | undefined} */
  const words = preview.data;
  const changed = () => {
    void reload();
    void outcomes.reload();
  };
  return html`<${Page} title=${titleOf(schedule)} kicker=${kicker} subtitle=${words?.description ?? ""}
      actions=${html`<${Actions} schedule=${schedule} changed=${changed} />`}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    <${Notes} schedule=${schedule} stop=${html`<${StopBackfill} schedule=${schedule} changed=${changed} />`} />
    <${Standing} schedule=${schedule} outcomes=${outcomes.data?.data} />
    <${Tabs} tabs=${TABS} chosen=${show} label="Parts of the schedule">
      ${show === "calendar" ? html`<${Calendar} schedule=${schedule} changed=${changed} />` : null}
      ${show === "times" ? html`<div class="stack">
        <${Panel} title="To come"><${ComingTimes} schedule=${schedule} changed=${changed} /><//>
        <${Panel} title="What became of its times"><${Ledger} schedule=${schedule} /><//></div>` : null}
      ${show === "runs" ? html`<section class="panel" aria-label="Runs"><${ScheduleRuns} schedule=${schedule} /></section>` : null}
      ${show === "definition" ? html`<${Definition} schedule=${schedule} preview=${words} />` : null}
    <//>
  <//>`;
}

/** @param {{ schedule: Schedule, changed: () => void }} props */
function Actions({ schedule, changed }) {
  const [filling, setFilling] = useState(false);
  if (!allows("write") || schedule.status === "deleted") return null;
  return html`
    <a class="button" href="${urls.schedule(schedule.agent_id, schedule.id)}/edit"><${Icon} name="edit" />Edit</a>
    <button type="button" class="button" onClick=${() => setFilling(true)}><${Icon} name="half" />Backfill…</button>
    <${ScheduleButtons} schedule=${schedule} changed=${changed} gone=${() => go("/console/schedules")} words=${true} />
    ${filling ? html`<${BackfillDialog} schedule=${schedule} close=${() => setFilling(false)} changed=${changed} />` : null}`;
}

/** @param {{ schedule: Schedule, changed: () => void }} props */
function StopBackfill({ schedule, changed }) {
  if (!allows("write")) return null;
  const stop = async () => {
    if (await attempt(() => call("DELETE", `${schedulePath(schedule)}/backfill`, { etag: etagOf(schedule) }))) toast("Stopped the backfill. Its open run goes on.");
    document.querySelector("h1")?.focus(); // the button goes with the backfill
    changed();
  };
  return html`<button type="button" class="button button-small" onClick=${stop}>Stop the backfill</button>`;
}

/** @param {{ schedule: Schedule, changed: () => void }} props */
function Calendar({ schedule, changed }) {
  const place = useCalendarPlace(zoneOf(schedule.schedule));
  const [pages, setPages] = useState(PAGES);
  const { id, generation, run_count: runs, status, next_run_at: next } = schedule;
  const loaded = useLoad(
    `times ${JSON.stringify([id, place.from, place.to, pages])}`,
    (signal) => timesOf(schedule, { ...place, pages, signal }),
    { every: (/** @type {Found | undefined} */ found) => (found?.entries.some(isUnderWay) ? EVERY : 0) }, // until the run has ended
  );
  useReload(loaded.reload, JSON.stringify([generation, runs, status, next]));
  const extra = (/** @type {import("../lib/calendar.js").Entry} */ entry) => {
    const skipped = entry.state === "skipped" && entry.reason === "skip requested";
    if (!(skipped || entry.state === "pending" || entry.state === "paused") || entry.at <= now()) return null;
    return html`<${SkipButton} schedule=${schedule} at=${new Date(entry.at).toISOString().replace(".000Z", "Z")} skipped=${skipped} changed=${changed} />`;
  };
  return html`<${CalendarPanel} place=${place} loaded=${loaded} more=${() => setPages(pages * 3)} extra=${extra} />`;
}
