// The times of one schedule in a stretch: its runs, the outcomes without a run, and what comes.

import { get } from "./api.js";
import { LONGEST_LOOK, ofOutcome, ofRunEntry, ofUpcoming, plain } from "./calendar_entries.js";
import { now } from "./clock.js";
import { gather, instant } from "./gather.js";
import { schedulePath } from "./paths.js";
import { DAY } from "./time.js";

/** @typedef {import("./types.js").Schedule} Schedule */
/** @typedef {import("./types.js").Occurrence} Occurrence */
/** @typedef {import("./types.js").Preview} Preview */
/** @typedef {import("./calendar.js").Entry} Entry */
/** @typedef {import("./calendar_entries.js").Found} Found */

const PREVIEWED = 100; // the most that a preview shows

/**
 * @param {Schedule} schedule
 * @param {{ from: number, to: number, pages: number, signal: AbortSignal }} wanted `pages`: of each list
 * @returns {Promise<Found>}
 */
export async function timesOf(schedule, { from, to, pages, signal }) {
  /** @type {Found} */
  const found = { entries: [], known: { from, to }, partial: null, idleFrom: null };
  if (from < now()) await past(schedule, found, Math.min(to, now() + 1000), pages, signal);
  if (to > now() && ["active", "paused"].includes(schedule.status)) await future(schedule, found, pages, signal);
  return found;
}

/**
 * The runs are listed by time. What became of times is listed from the newest on, so an old stretch may be out of reach:
 * its runs are shown without the times that made none.
 * @param {Schedule} schedule
 * @param {Found} found
 * @param {number} until
 * @param {number} pages
 * @param {AbortSignal} signal
 */
async function past(schedule, found, until, pages, signal) {
  const { from } = found.known;
  const of = { agent: schedule.agent_id, schedule: schedule.id, title: "" };
  const query = { agent_id: schedule.agent_id, schedule_id: schedule.id, from: instant(from), to: instant(until), view: "summary" };
  const runs = await gather("/api/v1/runs", query, { pages, signal });
  found.entries.push(...runs.rows.map((run) => ofRunEntry(run, "")));
  if (!runs.complete) found.known.from = Math.max(from, ...runs.rows.slice(-1).map((run) => Date.parse(run.effective_at ?? run.created_at)));

  /** @type {{ rows: Occurrence[], complete: boolean }} */
  const outcomes = await gather(`${schedulePath(schedule)}/occurrences`, {}, { pages, signal, enough: (one) => Date.parse(one.until) < from });
  const without = outcomes.rows.filter((one) => one.outcome === "missed" || one.outcome === "skipped");
  found.entries.push(...without.map((one) => ofOutcome(one, of)).filter((entry) => entry.until >= from && entry.at < until));
  const oldest = outcomes.rows[outcomes.rows.length - 1];
  if (!outcomes.complete && oldest && Date.parse(oldest.until) > found.known.from) found.idleFrom = Date.parse(oldest.until);
}

/**
 * @param {Schedule} schedule
 * @param {Found} found
 * @param {number} pages
 * @param {AbortSignal} signal
 */
async function future(schedule, found, pages, signal) {
  const { from: wanted, to } = found.known;
  /** @type {Preview} */
  const preview = await get(`${schedulePath(schedule)}/preview`, { count: PREVIEWED }, signal);
  const resting = schedule.status === "paused" && !schedule.pause?.until;
  const times = preview.occurrences.map((one) => ofPreview(one, schedule, resting));
  found.entries.push(...times.filter((entry) => entry.at < to));
  const last = times[times.length - 1];
  if (times.length < PREVIEWED || last.at >= to || resting) {
    if (times.length === PREVIEWED && last.at < to) found.known.to = last.at;
    return;
  }
  for (let from = Math.max(wanted, last.at + 1000); from < to; from += LONGEST_LOOK * DAY) {
    const end = Math.min(to, from + LONGEST_LOOK * DAY);
    const query = { agent_id: schedule.agent_id, from: instant(from), to: instant(end) };
    const more = await gather("/api/v1/upcoming", query, { pages, signal });
    const own = more.rows.filter((/** @type {any} */ one) => one.schedule_id === schedule.id);
    found.entries.push(...own.map((one) => ofUpcoming(/** @type {any} */ (one), "")));
    if (more.complete) continue;
    const reached = /** @type {any} */ (more.rows[more.rows.length - 1]);
    found.known.to = more.last.group_schedules > 0 && reached ? Date.parse(reached.scheduled_for) : from;
    return;
  }
}

/**
 * @param {Preview["occurrences"][number]} one
 * @param {Schedule} schedule
 * @param {boolean} resting whether it is paused without an end, so that the preview tells what would come
 * @returns {Entry}
 */
function ofPreview(one, schedule, resting) {
  const at = Date.parse(one.at);
  return {
    id: `${schedule.id}_${at / 1000}`, at, until: at, count: 1, title: "", href: null, agent: schedule.agent_id, schedule: schedule.id,
    state: one.skipped ? "skipped" : resting ? "paused" : "pending",
    reason: one.skipped ? plain(one.skipped) : resting ? "if it were resumed now" : null,
  };
}
