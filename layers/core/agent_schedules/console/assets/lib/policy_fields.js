// The policies of a schedule as texts of a form, and back. Pure.

import { localInput, sentTime } from "./local_time.js";

/** @typedef {import("./types.js").Schedule} Schedule */
/** @typedef {import("./types.js").Limits} Limits */

const LOCAL = ["start_at", "end_at"];
const NUMBERS = ["max_runs", "spread_seconds", "misfire_grace_seconds", "timeout_seconds", "run_retention_days", "alert_after_seconds"];
/** @type {("misfire_grace_seconds" | "timeout_seconds" | "run_retention_days")[]} */
export const DEPLOYMENT = ["misfire_grace_seconds", "timeout_seconds", "run_retention_days"]; // what the deployment sets, if the caller does not
const CHOSEN = ["overlap", "misfire"];

/** @type {Record<string, string>} */
const USUAL = { overlap: "allow", misfire: "run_latest", spread_seconds: "0" };

/** The names in the order of the form. */
export const POLICY_NAMES = [...CHOSEN, "timeout_seconds", "misfire_grace_seconds", "max_runs", "start_at", "end_at", "exclude", "spread_seconds", "run_retention_days", "alert_after_seconds"];

/**
 * Return the policies as texts. A schedule's value that the deployment sets too is left empty: the schedule may have
 * none of its own, and an update that names it would pin it.
 * @param {Schedule["policies"] | null} policies
 * @param {string} zone
 * @param {Limits | null} [limits] of the deployment
 * @returns {Record<string, string>}
 */
export function policyFields(policies, zone, limits = null) {
  const own = { ...policies };
  for (const name of limits ? DEPLOYMENT : []) {
    if (own[name] === limits?.[name]) delete own[name];
  }
  const value = (/** @type {string} */ name) => {
    const found = /** @type {any} */ (own)[name];
    if (found === undefined || found === null) return USUAL[name] ?? "";
    if (LOCAL.includes(name)) return localInput(Date.parse(found), zone);
    return Array.isArray(found) ? found.join("\n") : String(found);
  };
  return Object.fromEntries(POLICY_NAMES.map((name) => [name, value(name)]));
}

/**
 * Return the policies for the API without those that are as usual.
 * @param {Record<string, string>} fields
 * @param {Schedule | null} schedule the one that is changed: a field that was not touched keeps its exact value
 * @param {string} zone
 */
export function policiesBody(fields, schedule, zone) {
  const storedZone = schedule?.schedule.timezone ?? zone;
  const before = schedule ? policyFields(schedule.policies, storedZone) : null;
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const [name, text] of Object.entries(fields)) {
    const value = text.trim();
    if (value === (USUAL[name] ?? "")) continue;
    const stored = /** @type {any} */ (schedule?.policies)?.[name];
    if (LOCAL.includes(name)) body[name] = sentTime(value, zone, stored, storedZone); // another zone: the same local time in it
    else if (before && before[name] === text) body[name] = stored;
    else if (NUMBERS.includes(name)) body[name] = /^-?\d+$/.test(value) ? Number(value) : value;
    else if (name === "exclude") body[name] = value.split(/[\s,]+/).filter(Boolean);
    else body[name] = value;
  }
  return body;
}

/** How many policies differ from the usual ones. @param {Record<string, string>} fields */
export function changedPolicies(fields) {
  return Object.entries(fields).filter(([name, text]) => text.trim() !== (USUAL[name] ?? "")).length;
}
