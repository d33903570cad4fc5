// The policies of a schedule in words: their names, what each value means, and the defaults.

import { duration } from "./time.js";

/** @typedef {import("./types.js").Schedule["policies"]} Policies */

/** @type {Record<string, Record<string, [short: string, long: string]>>} */
export const CHOICES = {
  overlap: {
    allow: ["Run as well", "Each time runs, also while an earlier run is open."],
    skip: ["Skip the new one", "A time is skipped while an earlier run is open."],
    queue_one: ["Let one wait", "One time waits for the open run; further ones are skipped."],
    queue_all: ["Let all wait", "Up to 100 times wait, and run one after the other."],
    cancel_previous: ["Cancel the open run", "The open run is cancelled, then the new one starts."],
  },
  misfire: {
    run_latest: ["Run the newest", "Of the times that come late, the newest runs."],
    skip: ["Run none", "Times that come late are recorded as missed."],
    run_all: ["Run all", "Of the times that come late, the newest 100 run."],
  },
};

/** @type {Record<string, string>} */
export const NAMES = {
  overlap: "While a run is open",
  misfire: "When times come late",
  misfire_grace_seconds: "Too late after",
  timeout_seconds: "Timeout of a run",
  max_runs: "Number of runs",
  start_at: "Not before",
  end_at: "Not after",
  exclude: "Excluded dates",
  spread_seconds: "Spread",
  run_retention_days: "Outcomes are kept",
  alert_after_seconds: "Silent after",
};

/** @type {Record<string, string>} */
export const HINTS = {
  misfire_grace_seconds: "Seconds that a time may be late and still run. Empty: as the deployment sets it.",
  timeout_seconds: "Seconds for all attempts of a run together, 10 or more. Empty: as the deployment sets it.",
  max_runs: "The schedule ends after so many scheduled runs. Empty: any number.",
  start_at: "Only times from then on exist. In the schedule's time zone.",
  end_at: "Only times until then exist; then the schedule ends. In its time zone.",
  exclude: "One date a line, or a range of dates: 2026-12-24 or 2026-12-24/2027-01-02.",
  spread_seconds: "Each run starts up to so many seconds later, by an amount that is fixed for each time. 0 to 900.",
  run_retention_days: "Days after the end of a run. 0: for ever. Empty: as the deployment sets it.",
  alert_after_seconds: "An event says so when no run has completed for so many seconds, 60 or more. Empty: never.",
};

/**
 * Return a policy's value in words.
 * @param {string} name
 * @param {any} value
 * @param {(at: string) => string} time words of a time
 */
export function policyWords(name, value, time) {
  if (CHOICES[name]) return CHOICES[name][value]?.[0] ?? String(value);
  if (name === "run_retention_days") return value === 0 ? "For ever" : `${value} ${value === 1 ? "day" : "days"}`;
  if (name === "exclude") return value.length > 0 ? value.join(", ").replaceAll("/", " to ") : "None";
  if (value === null || value === undefined) return name === "max_runs" ? "Any" : name === "alert_after_seconds" ? "Never" : "No bound";
  if (name === "spread_seconds" && value === 0) return "None";
  if (name.endsWith("_seconds")) return duration(value * 1000);
  if (name.endsWith("_at")) return time(value);
  return String(value);
}

/** Whether a value is the one that schedules have without the policy, as far as it can be told. @param {string} name @param {any} value */
export function isUsual(name, value) {
  if (name === "overlap") return value === "allow";
  if (name === "misfire") return value === "run_latest";
  return value === null || value === 0 || value?.length === 0 || /^(misfire_grace|timeout)/.test(name);
}
