// Times as texts. Every exact time says its zone.

import { settings } from "./settings.js";

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** The browser's zone. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Return the zone in which the user wants to see times.
 * @param {string | null} [ofSchedule] the zone of the schedule that a time belongs to
 */
export function zoneShown(ofSchedule) {
  const { zone } = settings.value;
  if (zone === "schedule" && ofSchedule) return ofSchedule;
  return zone === "utc" ? "UTC" : OWN_ZONE;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(zone, options) {
  const name = zone + JSON.stringify(options);
  let found = formats.get(name);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }); // a zone that the browser lacks
    }
    formats.set(name, found);
  }
  return found;
}

/**
 * Return a time with its date and zone: `Mon 2 Mar 2026, 09:30 CET`.
 * @param {string | number} at
 * @param {string} zone
 * @param {{ seconds?: boolean, year?: boolean }} [options]
 */
export function exact(at, zone, { seconds = false, year = true } = {}) {
  const date = format(zone, { weekday: "short", day: "numeric", month: "short", ...(year ? { year: "numeric" } : {}) });
  return `${date.format(new Date(at)).replace(",", "")}, ${clock(at, zone, { seconds })}`;
}

/**
 * Return a time of day with its zone: `09:30 CET`.
 * @param {string | number} at
 * @param {string} zone
 * @param {{ seconds?: boolean }} [options]
 */
export function clock(at, zone, { seconds = false } = {}) {
  const time = format(zone, { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}), hour12: false });
  return `${time.format(new Date(at)).replace(/^24/, "00")} ${zoneName(at, zone)}`;
}

/**
 * Return the day of a time in a zone, as `2026-03-02`.
 * @param {string | number} at
 * @param {string} zone
 */
export function dayOf(at, zone) {
  const parts = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
  const part = (/** @type {string} */ type) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/**
 * Return a zone's short name at a time: `CET`, `GMT+5:30`, `UTC`.
 * @param {string | number} at
 * @param {string} zone
 */
export function zoneName(at, zone) {
  const parts = format(zone, { timeZoneName: "short" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** Whether a time has no seconds to show. @param {string | number} at */
export const isWholeMinute = (at) => new Date(at).getTime() % MINUTE === 0;

/**
 * Return a duration in its two largest units: `2 d 3 h`, `5 min`, `12 s`.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 && seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 14 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/**
 * Return a duration with its tenths of a second, if it is short: `0.5 s`.
 * @param {number} milliseconds
 */
export function precise(milliseconds) {
  return milliseconds < 9_950 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s` : duration(milliseconds);
}

/**
 * Return a time as seen from `now`: `in 5 min`, `3 h ago`, `now`.
 * @param {string | number} at
 * @param {number} now
 */
export function relative(at, now) {
  const away = new Date(at).getTime() - now;
  if (Math.abs(away) < 1000) return "now";
  return away > 0 ? `in ${duration(away)}` : `${duration(-away)} ago`;
}
