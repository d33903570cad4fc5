// A timing in a few words, for lists. The page of a schedule has the service's own words.

import { simpleOf, WEEKDAYS } from "./cron_builder.js";
import { duration } from "./time.js";

/** @typedef {import("./types.js").Timing} Timing */

/** @param {Timing} timing */
export function timingWords(timing) {
  if (timing.type === "interval") return `Every ${duration((timing.interval_seconds ?? 0) * 1000)}`;
  if (timing.type === "cron") return cronWords(timing.cron_expression ?? "");
  return "Once";
}

/**
 * Return a time of day in words, and any other expression as it is, named as one.
 * @param {string} expression
 */
function cronWords(expression) {
  const simple = simpleOf(expression);
  if (!simple) return `Cron ${expression}`;
  if (simple.kind === "daily") return `Daily at ${simple.time}`;
  if (simple.kind === "monthly") return `${simple.monthDay === "L" ? "Last day" : `Day ${simple.monthDay}`} of the month at ${simple.time}`;
  const days = (simple.weekdays ?? []).join();
  if (days === "1,2,3,4,5") return `Weekdays at ${simple.time}`;
  return `${WEEKDAYS.filter(([day]) => simple.weekdays?.includes(Number(day))).map(([, name]) => name).join(", ")} at ${simple.time}`;
}

/** What the words of a timing leave open; null if nothing. @param {Timing} timing */
export function timingNote(timing) {
  if (timing.type !== "cron") return null;
  return simpleOf(timing.cron_expression ?? "") ? `Cron: ${timing.cron_expression}` : "The page of the schedule says it in words";
}

/**
 * Return the zone of a timing; null for an interval, which has none.
 * @param {Timing} timing
 * @returns {string | null}
 */
export function zoneOf(timing) {
  return timing.type === "interval" ? null : (timing.timezone ?? "UTC");
}
