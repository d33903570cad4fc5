// The form of a schedule: what its fields hold, and the body for the API that they stand for. Pure.

import { ApiError } from "./api.js";
import { cronText, simpleOf } from "./cron_builder.js";
import { localInput, sentTime } from "./local_time.js";
import { metadataOf, pairsOf } from "./metadata.js";
import { policiesBody, policyFields } from "./policy_fields.js";

/** @typedef {import("./types.js").Schedule} Schedule */

/**
 * @typedef {{
 *   agent: string, newAgent: { name: string, model: string, instructions: string } | null,
 *   name: string, key: string, paused: boolean,
 *   kind: "once" | "interval" | "daily" | "weekly" | "monthly" | "cron",
 *   runAt: string, every: string, unit: string, startAt: string, time: string, weekdays: number[], monthDay: string,
 *   cron: string, zone: string, exact: boolean,
 *   inputKind: "text" | "items", text: string, items: string,
 *   policies: Record<string, string>, metadata: import("./metadata.js").Pairs,
 * }} Form
 */

/** @type {[kind: Form["kind"], word: string][]} */
export const KINDS = [
  ["once", "Once"], ["interval", "Every…"], ["daily", "Daily"], ["weekly", "Weekly"], ["monthly", "Monthly"], ["cron", "Cron"],
];

/** @type {[seconds: string, word: string][]} */
export const UNITS = [["1", "seconds"], ["60", "minutes"], ["3600", "hours"], ["86400", "days of 24 h"]];

/** The fields that show their own errors, by the API's names. */
export const FIELDS = ["schedule.run_at", "schedule.interval_seconds", "schedule.start_at", "schedule.cron_expression",
  "schedule.timezone", "schedule.precision", "input", "name", "key", "metadata", "policies", "agent.name", "agent.model", "agent.instructions"];

/** The fields that mean a timing together: half of one person's and half of another's would be neither. */
export const GROUPS = { timing: ["kind", "runAt", "every", "unit", "startAt", "time", "weekdays", "monthDay", "cron", "zone"] };

/**
 * @param {{ agent: string, zone: string }} known
 * @returns {Form}
 */
export function emptyForm({ agent, zone }) {
  return {
    agent, newAgent: null, name: "", key: "", paused: false, kind: "daily", runAt: "", every: "15", unit: "60", startAt: "",
    time: "09:00", weekdays: [1, 2, 3, 4, 5], monthDay: "1", cron: "0 9 * * *", zone, exact: false,
    inputKind: "text", text: "", items: "", policies: policyFields(null, zone), metadata: [],
  };
}

/**
 * @param {Schedule} schedule
 * @param {import("./types.js").Limits} limits of the deployment
 * @returns {Form}
 */
export function formOf(schedule, limits) {
  const { schedule: timing, input } = schedule;
  const own = timing.timezone;
  const form = { ...emptyForm({ agent: schedule.agent_id, zone: own }) };
  const text = typeof input === "string";
  Object.assign(form, {
    name: schedule.name ?? "", key: schedule.key ?? "", exact: timing.precision === "second",
    inputKind: text ? "text" : "items", text: text ? input : "", items: text ? "" : JSON.stringify(input, null, 2),
    policies: policyFields(schedule.policies, own, limits), metadata: pairsOf(schedule.metadata),
  });
  if (timing.type === "once") Object.assign(form, { kind: "once", runAt: localInput(Date.parse(timing.run_at), own) });
  if (timing.type === "cron") Object.assign(form, { kind: "cron", cron: timing.cron_expression, ...simpleOf(timing.cron_expression) });
  if (timing.type === "interval") {
    const unit = UNITS.map(([seconds]) => seconds).reverse().find((seconds) => timing.interval_seconds % Number(seconds) === 0) ?? "1";
    const startAt = timing.start_at ? localInput(Date.parse(timing.start_at), form.zone) : "";
    Object.assign(form, { kind: "interval", every: String(timing.interval_seconds / Number(unit)), unit, startAt });
  }
  return form;
}

/** The cron expression that the form stands for. @param {Form} form */
export function cronOf(form) {
  return form.kind === "daily" || form.kind === "weekly" || form.kind === "monthly" ? cronText({ ...form, kind: form.kind }) : form.cron;
}

/**
 * @param {Form} form
 * @param {Schedule | null} [schedule] the one that is changed: a time that was not touched keeps its exact value
 */
export function timingOf(form, schedule = null) {
  const precise = form.exact ? { precision: "second" } : {};
  const stored = schedule?.schedule;
  const sent = (/** @type {string} */ text, /** @type {string | undefined} */ at) => sentTime(text, form.zone, at, stored?.timezone ?? form.zone);
  if (form.kind === "once") {
    return { type: "once", run_at: sent(form.runAt, stored?.type === "once" ? stored.run_at : undefined), timezone: form.zone, ...precise };
  }
  if (form.kind === "interval") {
    const seconds = form.every.trim() === "" ? null : Number(form.every) * Number(form.unit);
    const first = form.startAt ? { start_at: sent(form.startAt, stored?.type === "interval" ? stored.start_at : undefined) } : {};
    return { type: "interval", interval_seconds: seconds, timezone: form.zone, ...first, ...precise };
  }
  return { type: "cron", cron_expression: cronOf(form).trim(), timezone: form.zone, ...precise };
}

/** What has to be filled in before the service is asked. @param {Form} form */
export function missing(form) {
  if (form.kind === "once" && !form.runAt) return "Choose a time.";
  if (form.kind === "weekly" && form.weekdays.length === 0) return "Choose a day of the week.";
  if (form.kind !== "interval" && form.kind !== "once" && !cronOf(form).trim()) return "Write a cron expression.";
  return form.kind === "interval" && form.every.trim() === "" ? "Write a number." : null;
}

/**
 * Return the body of a creation. Raises ApiError for what is not even JSON.
 * @param {Form} form
 * @param {Schedule | null} schedule the one that is changed
 */
export function bodyOf(form, schedule = null) {
  const policies = policiesBody(form.policies, schedule, form.zone);
  return {
    schedule: timingOf(form, schedule),
    input: inputOf(form),
    ...(form.name.trim() ? { name: form.name.trim() } : {}),
    ...(form.metadata.some(([name, value]) => name || value) ? { metadata: checkedMetadata(form) } : {}),
    ...(Object.keys(policies).length > 0 ? { policies } : {}),
    ...(form.key.trim() ? { key: form.key.trim() } : {}),
    ...(form.paused ? { paused: true } : {}),
  };
}

/**
 * Return the body of an update: only what differs from the form as it was opened.
 * @param {Form} form
 * @param {Form} before
 * @param {Schedule} schedule
 */
export function changesOf(form, before, schedule) {
  const [now, then] = [/** @type {any} */ (bodyOf(form, schedule)), /** @type {any} */ (bodyOf(before, schedule))];
  /** @type {Record<string, unknown>} */
  const changes = {};
  for (const name of ["schedule", "input", "name", "metadata", "policies", "key"]) {
    if (JSON.stringify(now[name]) === JSON.stringify(then[name])) continue;
    changes[name] = now[name] ?? (name === "metadata" ? {} : null);
  }
  return changes;
}

/** @param {Form} form */
function inputOf(form) {
  if (form.inputKind === "text") return form.text;
  try {
    return JSON.parse(form.items);
  } catch (error) {
    throw refused("input", `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {Form} form */
function checkedMetadata(form) {
  try {
    return metadataOf(form.metadata);
  } catch (error) {
    throw refused("metadata", /** @type {Error} */ (error).message);
  }
}

/** @param {string} field @param {string} message */
function refused(field, message) {
  return new ApiError(400, `${field}: ${message}`, null, [{ field, message }]);
}
