// What a calendar shows: its days, from midnight to midnight of a zone, and what is on each of them.

import { dayOf } from "./time.js";
import { addDays, clockChanges, dayStart } from "./zones.js";

/** @typedef {"month" | "week" | "day"} View */

/**
 * @typedef {{
 *   id: string, at: number, until: number, count: number, state: string, title: string, reason: string | null,
 *   href: string | null, agent: string, schedule: string | null,
 * }} Entry
 * Something at a time, or `count` times from `at` to `until` with one outcome. `state`: as in `parts/status.js`.
 */

/**
 * @typedef {{ day: string, start: number, end: number, change: import("./zones.js").ClockChange | null, entries: Entry[] }} Day
 * `end` belongs to the next day. A day that the clocks skip ends where it starts.
 */

/** @type {Record<View, string>} */
export const VIEWS = { month: "Month", week: "Week", day: "Day" };

const FIRST_DAY = 1; // Monday

/** @param {string} day */
const noon = (day) => new Date(`${day}T12:00:00Z`); // days are shown as days of UTC, so that no zone moves them

/** @param {string} day */
const weekStart = (day) => addDays(day, -((noon(day).getUTCDay() + 7 - FIRST_DAY) % 7));

/**
 * Return the days that a view shows.
 * @param {View} view
 * @param {string} day one of them
 * @returns {string[]}
 */
export function daysShown(view, day) {
  if (view === "day") return [day];
  const first = weekStart(view === "week" ? day : `${day.slice(0, 8)}01`);
  const days = [];
  for (let next = first; ; next = addDays(next, 1)) {
    if (days.length > 0 && days.length % 7 === 0 && (view === "week" || next.slice(0, 7) !== day.slice(0, 7))) return days;
    days.push(next);
  }
}

/**
 * Return a day in the month, week or day before or after.
 * @param {View} view
 * @param {string} day
 * @param {1 | -1} step
 */
export function moved(view, day, step) {
  if (view !== "month") return addDays(day, step * (view === "week" ? 7 : 1));
  const first = `${day.slice(0, 8)}01`;
  return step > 0 ? `${addDays(first, 31).slice(0, 8)}01` : `${addDays(first, -1).slice(0, 8)}01`;
}

/**
 * Return the instants that a view shows: the first one, and the end of the last day.
 * @param {string[]} days
 * @param {string} zone
 */
export function bounds(days, zone) {
  return { from: dayStart(days[0], zone), to: dayStart(addDays(days[days.length - 1], 1), zone) };
}

/**
 * Put entries on their days. One of several days is on each of them.
 * @param {string[]} days
 * @param {string} zone
 * @param {Entry[]} entries
 * @returns {Day[]}
 */
export function onDays(days, zone, entries) {
  const found = days.map((day) => {
    const start = dayStart(day, zone);
    const end = dayStart(addDays(day, 1), zone);
    return { day, start, end, change: clockChanges(start, end, zone)[0] ?? null, entries: /** @type {Entry[]} */ ([]) };
  });
  const byDay = new Map(found.map((one) => [one.day, one]));
  for (const entry of [...entries].sort((one, other) => one.at - other.at)) {
    const last = dayOf(entry.until, zone);
    const first = dayOf(entry.at, zone);
    if (first === last) byDay.get(first)?.entries.push(entry);
    else for (const one of found) if (one.day >= first && one.day <= last && one.start < one.end) one.entries.push(entry);
  }
  return found;
}

/**
 * Return how many there are of each state, the most important first.
 * @param {Entry[]} entries
 * @returns {[state: string, count: number][]}
 */
export function countsOf(entries) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { state, count } of entries) counts.set(state, (counts.get(state) ?? 0) + count);
  return [...counts].sort(([one], [other]) => weight(one) - weight(other));
}

const ORDER = ["failed", "incomplete", "missed", "running", "queued", "submitting", "completed", "pending", "skipped", "cancelled"];

/** @param {string} state */
const weight = (state) => (ORDER.includes(state) ? ORDER.indexOf(state) : ORDER.length);

/**
 * Name what a view shows: `March 2026`, `2–8 March 2026`, `Monday 2 March 2026`.
 * @param {View} view
 * @param {string} day
 */
export function titleOfView(view, day) {
  const words = (/** @type {string} */ of, /** @type {Intl.DateTimeFormatOptions} */ options) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(noon(of)).replace(",", "");
  if (view === "month") return words(day, { month: "long", year: "numeric" });
  if (view === "day") return words(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const days = daysShown("week", day);
  const [first, last] = [days[0], days[6]];
  const end = words(last, { day: "numeric", month: "long", year: "numeric" });
  if (first.slice(0, 7) === last.slice(0, 7)) return `${Number(first.slice(8))}–${end}`;
  return `${words(first, { day: "numeric", month: "short", ...(first.slice(0, 4) === last.slice(0, 4) ? {} : { year: "numeric" }) })} – ${end}`;
}

/**
 * @param {string} day
 * @param {Intl.DateTimeFormatOptions} options
 */
export function dayWords(day, options = { weekday: "long", day: "numeric", month: "long" }) {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(noon(day)).replace(",", "");
}
