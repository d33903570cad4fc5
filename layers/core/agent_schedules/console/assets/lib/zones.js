// Days and clock changes of a time zone, from the browser's own zone data. A day may have 23, 24.5 or no hours.

import { DAY } from "./time.js";

/** @typedef {{ at: number, before: number, after: number }} ClockChange `at`: the instant. The offsets are milliseconds. */

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone */
function formatOf(zone) {
  let found = formats.get(zone);
  if (!found) {
    const numbers = /** @type {const} */ ({ month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    found = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", ...numbers });
    formats.set(zone, found);
  }
  return found;
}

/**
 * Whether the browser knows a zone.
 * @param {string} zone
 */
export function isZone(zone) {
  try {
    return Boolean(formatOf(zone));
  } catch {
    return false;
  }
}

/**
 * Return what the clocks of a zone show at an instant, counted as if it were UTC.
 * @param {number} at
 * @param {string} zone
 */
export function wallOf(at, zone) {
  /** @type {Record<string, number>} */
  const part = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value);
  const rest = ((at % 1000) + 1000) % 1000;
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) + rest;
}

/**
 * Return how far the clocks of a zone are ahead of UTC at an instant, in milliseconds.
 * @param {number} at
 * @param {string} zone
 */
export function offsetAt(at, zone) {
  return wallOf(at, zone) - at;
}

/** @type {Map<string, number>} */
const starts = new Map();

/**
 * Return the first instant of a day in a zone: midnight, or what comes in its place where the clocks skip midnight. A
 * day that the clocks skip whole starts where the next one does.
 * @param {string} day `2026-03-29`
 * @param {string} zone
 */
export function dayStart(day, zone) {
  const name = `${day} ${zone}`;
  let found = starts.get(name);
  if (found === undefined) {
    found = startOf(Date.parse(`${day}T00:00:00Z`), zone);
    if (starts.size > 2000) starts.clear();
    starts.set(name, found);
  }
  return found;
}

/**
 * @param {number} midnight as the clocks show it
 * @param {string} zone
 */
function startOf(midnight, zone) {
  for (const near of [midnight - DAY, midnight + DAY]) {
    const at = midnight - offsetAt(near, zone);
    if (wallOf(at, zone) === midnight) return at; // the first pass, where there are two
  }
  return firstWhere((at) => wallOf(at, zone) >= midnight, midnight - 2 * DAY, midnight + 2 * DAY);
}

/**
 * Return the clock changes in [from, to). There must be at most one in a day.
 * @param {number} from
 * @param {number} to
 * @param {string} zone
 * @returns {ClockChange[]}
 */
export function clockChanges(from, to, zone) {
  const found = [];
  for (let low = from - 1000; low < to - 1000; low += DAY) {
    const high = Math.min(low + DAY, to - 1000);
    const before = offsetAt(low, zone);
    const after = offsetAt(high, zone);
    if (before !== after) found.push({ at: firstWhere((at) => offsetAt(at, zone) !== before, low, high), before, after });
  }
  return found;
}

/**
 * Return the first whole second in (low, high] where a condition holds that does not hold at `low` and holds at `high`.
 * @param {(at: number) => boolean} holds
 * @param {number} low
 * @param {number} high
 */
function firstWhere(holds, low, high) {
  let [before, after] = [Math.floor(low / 1000), Math.ceil(high / 1000)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle * 1000)) after = middle;
    else before = middle;
  }
  return after * 1000;
}

/**
 * Return a day that is so many days later in the calendar, whatever the clocks do.
 * @param {string} day
 * @param {number} days
 */
export function addDays(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/**
 * Say what a clock change does, in local times: `Clocks go forward 02:00 → 03:00`.
 * @param {ClockChange} change
 */
export function changeWords({ at, before, after }) {
  const show = (/** @type {number} */ offset) => new Date(at + offset).toISOString().slice(11, 16);
  if (after - before >= DAY) return "Clocks skip the day before";
  return `Clocks go ${after > before ? "forward" : "back"} ${show(before)} → ${show(after)}`;
}

/** Return the names of all zones that the browser knows, `UTC` first. */
export function zoneNames() {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}
