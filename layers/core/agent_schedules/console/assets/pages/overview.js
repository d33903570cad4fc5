// Is everything all right? What failed, and why? What comes next? As many calls for ten schedules as for ten thousand.

import { get } from "../lib/api.js";
import { now } from "../lib/clock.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { useAgents, useScheduleNames } from "../lib/names.js";
import { address, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { DAY, precise } from "../lib/time.js";
import { FirstSchedule } from "../parts/empty.js";
import { ErrorNote } from "../parts/error.js";
import { Icon } from "../parts/icon.js";
import { Page, Panel } from "../parts/page.js";
import { Problems } from "../parts/problems.js";
import { nextOfEach, SHOWN, Upcoming } from "../parts/upcoming.js";

/** @typedef {import("../lib/types.js").Summary} Summary */
/** @typedef {import("../lib/types.js").Upcoming} Occurrence */

const EVERY = 30; // seconds
const MOST = 100;
const MOST_SCHEDULES = 50; // they come with their inputs

export function Overview() {
  const summary = useLoad("summary", (signal) => get("/api/v1/summary", {}, signal), { every: EVERY });
  const upcoming = useLoad("upcoming", (signal) => get("/api/v1/upcoming", { limit: MOST }, signal), { every: EVERY });
  const problems = useLoad("problems", (signal) => get("/api/v1/problems", { limit: MOST }, signal), { every: EVERY });
  const agents = useAgents();
  /** @type {Summary | undefined} */
  const found = summary.data;
  const error = summary.error ?? upcoming.error ?? problems.error;
  const reload = () => void [summary, upcoming, problems].map((one) => one.reload());
  const counts = found?.schedules;
  const none = counts && counts.active + counts.paused + counts.completed === 0;
  /** @type {Occurrence[] | undefined} */
  const rows = upcoming.data?.data;
  // Where one schedule fills the list of occurrences, the others are found by their next runs.
  const crowded = rows && upcoming.data.has_more && nextOfEach(rows).length < SHOWN;
  const others = useLoad(crowded ? "due" : null, (signal) => get("/api/v1/schedules", {
    status: "active", next_run_before: new Date(now() + DAY).toISOString(), limit: MOST_SCHEDULES,
  }, signal), { every: EVERY });
  const next = rows && nextOfEach(rows, others.data?.data);
  const names = useNames(problems.data?.data, next);
  const create = counts && !none && allows("write")
    ? html`<a class="button button-main" href=${urls.newSchedule()}><${Icon} name="plus" />New schedule</a>` : null;
  return html`<${Page} title="Overview" actions=${create}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${found ? html`<${Health} summary=${found} />` : html`<p class="loading">Loading…</p>`}
    ${none ? html`<section class="panel"><${FirstSchedule} /></section>` : null}
    ${found && !none ? html`<${Numbers} summary=${found} />` : null}
    ${none && problems.data?.data.length === 0 ? null : html`<div class="columns">
      <${Panel} title="Problems of the last 24 hours">
        <${Problems} problems=${problems.data?.data} more=${problems.data?.has_more} names=${names} agents=${agents} />
      <//>
      <${Panel} title="Due soon" more=${html`<a href="/console/calendar">Calendar</a>`}>
        <${Upcoming} rows=${next} agents=${agents} partly=${others.data?.has_more} />
      <//>
    </div>`}
  <//>`;
}

/**
 * Return the names of schedules by their ids: those that come next, and with one call those that problems name besides.
 * @param {import("../lib/types.js").Problem[] | undefined} problems
 * @param {import("../parts/upcoming.js").Next[] | undefined} next
 */
function useNames(problems, next) {
  const known = new Map(next?.map((one) => [one.schedule, one.name]));
  const unknown = problems?.filter((one) => one.schedule_id !== null && !known.has(one.schedule_id)) ?? [];
  const agents = new Set(unknown.map((one) => one.agent_id));
  const [agent] = agents;
  const { data } = useScheduleNames(agents.size === 1 ? agent : null, next !== undefined && unknown.length > 0);
  return new Map([...known, ...data ?? []]);
}

/**
 * The first answer: whether all is well.
 * @param {{ summary: Summary }} props
 */
function Health({ summary }) {
  const { failed, incomplete, missed, skipped } = summary.problems;
  const say = (/** @type {{ count: number, at_least: boolean }} */ one, /** @type {string} */ what) =>
    one.count > 0 ? [`${one.at_least ? "more than " : ""}${one.count} ${what}`] : [];
  const bad = [
    ...say(failed, failed.count === 1 ? "run failed" : "runs failed"),
    ...say(incomplete, incomplete.count === 1 ? "run was incomplete" : "runs were incomplete"),
    ...(missed.count > 0 ? [`times were missed on ${say(missed, missed.count === 1 ? "occasion" : "occasions")}`] : []),
  ];
  const aside = skipped.count > 0 ? ` ${say(skipped, skipped.count === 1 ? "skip" : "skips")} on purpose.` : "";
  const tone = failed.count > 0 ? "bad" : bad.length > 0 ? "warn" : "ok";
  return html`<div class="health tone-${tone}" role="status">
    <${Icon} name=${tone === "ok" ? "check" : "warn"} />
    <p><strong>${tone === "ok" ? "All is well." : `${bad.join(", and ")} in the last 24 hours.`}</strong>
      ${tone === "ok" ? " No run failed and none was missed in the last 24 hours." : ""}${aside}</p>
  </div>`;
}

/** @param {{ summary: Summary }} props */
function Numbers({ summary }) {
  const { schedules, due_next_hour: due, lateness, has_more: more } = summary;
  const of = (/** @type {number} */ count) => `${count.toLocaleString("en")}${more ? "+" : ""}`;
  const late = (/** @type {number | null} */ seconds) => (seconds === null ? "–" : precise(seconds * 1000));
  const list = (/** @type {string} */ status) => address("/console/schedules", { status });
  return html`<div class="numbers-row">
    <${Number_} name="Active" value=${of(schedules.active)} link=${list("active")} />
    <${Number_} name="Paused" value=${of(schedules.paused)} link=${list("paused")} />
    <${Number_} name="Ended" value=${of(schedules.completed)} link=${list("completed")} />
    <${Number_} name="Due within 1 hour" value=${of(due)} />
    <${Number_} name="Lateness in the last hour" value=${late(lateness.p50_seconds)}
      note=${lateness.runs > 0 ? `median; 99th percentile ${late(lateness.p99_seconds)}, of ${of(lateness.runs)} ${lateness.runs === 1 ? "schedule" : "schedules"}` : "no run was due"} />
  </div>
  ${more ? html`<p class="muted small">The numbers with a + are those of the newest 1,000 schedules.</p>` : null}`;
}

/** @param {{ name: string, value: string, link?: string, note?: string }} props */
function Number_({ name, value, link, note }) {
  const content = html`<span class="number-name">${name}</span><span class="number-value">${value}</span>
    ${note ? html`<span class="number-note">${note}</span>` : null}`;
  return link ? html`<a class="number" href=${link}>${content}</a>` : html`<div class="number">${content}</div>`;
}
