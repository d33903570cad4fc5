// A webhook as the fields of a form, and back. Pure.

import { metadataOf, pairsOf } from "./metadata.js";

/** @typedef {import("./types.js").Webhook} Webhook */
/** @typedef {import("./types.js").EventType} EventType */

/**
 * The types of event that a webhook can ask for, by what they are about.
 * @type {[about: string, types: [EventType, string][]][]}
 */
export const EVENTS = [
  ["Runs", [
    ["run.failed", "A run failed"],
    ["run.incomplete", "The gateway stopped before the end"],
    ["run.completed", "A run completed"],
    ["run.cancelled", "A run was cancelled"],
    ["run.started", "A run is sent to the gateway"],
  ]],
  ["Occurrences", [
    ["occurrence.missed", "A time was too late to run"],
    ["occurrence.skipped", "A time made no run, and why"],
  ]],
  ["Schedules", [
    ["schedule.silent", "No completed run for too long"],
    ["schedule.recovered", "The first completed run after failures"],
    ["schedule.created", "A schedule was created"],
    ["schedule.updated", "A schedule was changed"],
    ["schedule.paused", "A schedule was paused"],
    ["schedule.resumed", "A schedule runs again"],
    ["schedule.completed", "No time to come is left"],
    ["schedule.deleted", "A schedule was deleted"],
  ]],
  ["Webhooks", [["webhook.disabled", "A webhook gets no more events"]]],
];

/** What people want to hear of first. */
export const PROBLEMS = ["run.failed", "run.incomplete", "occurrence.missed", "schedule.silent", "webhook.disabled"];

/**
 * @typedef {{
 *   url: string, description: string, all: boolean, events: string[], agent_id: string, schedule_id: string,
 *   metadata: import("./metadata.js").Pairs, format: string, include_output: boolean, all_users: boolean,
 * }} Form
 */

/** @type {Form} */
export const NEW = {
  url: "", description: "", all: false, events: PROBLEMS, agent_id: "", schedule_id: "", metadata: [], format: "standard",
  include_output: false, all_users: false,
};

/**
 * @param {Webhook} webhook
 * @returns {Form}
 */
export function formOf(webhook) {
  return {
    url: webhook.url ?? "",
    description: webhook.description ?? "",
    all: webhook.events === null,
    events: webhook.events ?? PROBLEMS,
    agent_id: webhook.agent_id ?? "",
    schedule_id: webhook.schedule_id ?? "",
    metadata: pairsOf(webhook.metadata),
    format: webhook.format,
    include_output: webhook.include_output,
    all_users: webhook.all_users,
  };
}

/**
 * Return the body of a creation. Raises an error about the metadata.
 * @param {Form} form
 * @returns {Record<string, unknown>}
 */
export function bodyOf(form) {
  return {
    url: form.url.trim(),
    description: form.description || null,
    events: form.all ? null : form.events,
    agent_id: form.agent_id || null,
    schedule_id: form.schedule_id.trim() || null,
    metadata: metadataOf(form.metadata),
    format: form.format,
    include_output: form.include_output,
    all_users: form.all_users,
  };
}

/**
 * Return the body of an update: what differs from the form of what is stored.
 * @param {Form} form
 * @param {Form} base
 */
export function changesOf(form, base) {
  const [now, then] = [bodyOf(form), bodyOf(base)];
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(then[name])));
}

/**
 * Which events a webhook gets, in a few words.
 * @param {Webhook} webhook
 */
export function eventWords({ events }) {
  if (events === null) return "All but run.started";
  return events.length <= 3 ? events.join(", ") : `${events.slice(0, 2).join(", ")} and ${events.length - 2} more`;
}

/**
 * The state of a webhook: one of those that `parts/status.js` knows.
 * @param {Webhook} webhook
 */
export function stateOf(webhook) {
  if (!webhook.enabled) return webhook.disabled_reason === "caller" ? "disabled" : "disabled_failing";
  return webhook.failing_since ? "failing" : "active";
}
