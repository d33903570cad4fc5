// A timing in a few words, for lists. The page of a schedule has the service's own words.

import { duration } from "./time.js";

/** @typedef {import("./types.js").Timing} Timing */

/** @param {Timing} timing */
export function timingWords(timing) {
  if (timing.type === "interval") return `Every ${duration((timing.interval_seconds ?? 0) * 1000)}`;
  if (timing.type === "cron") return timing.cron_expression ?? "";
  return "Once";
}

/**
 * Return the zone of a timing; null for an interval, which has none.
 * @param {Timing} timing
 * @returns {string | null}
 */
export function zoneOf(timing) {
  return timing.type === "interval" ? null : (timing.timezone ?? "UTC");
}
