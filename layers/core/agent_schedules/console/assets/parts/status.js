// The state of a thing as a word, a shape and a colour.

import { html } from "../lib/h.js";
import { Icon } from "./icon.js";

/**
 * By the API's words: the tone (a colour), the shape and the word that is shown.
 * @type {Record<string, [tone: string, icon: import("./icon.js").IconName, word: string]>}
 */
export const STATES = {
  active: ["ok", "check", "Active"],
  paused: ["off", "pause", "Paused"],
  completed: ["ok", "check", "Completed"],
  ended: ["off", "stop", "Ended"],
  deleted: ["off", "trash", "Deleted"],
  failed: ["bad", "cross", "Failed"],
  incomplete: ["warn", "half", "Incomplete"],
  cancelled: ["off", "stop", "Cancelled"],
  queued: ["run", "wait", "Waiting"],
  submitting: ["run", "run", "Starting"],
  running: ["run", "run", "Running"],
  cancelling: ["run", "run", "Stopping"],
  failing: ["warn", "warn", "Failing"],
  disabled: ["off", "pause", "Disabled"],
  disabled_failing: ["bad", "cross", "Disabled"],
  delivered: ["ok", "check", "Delivered"],
  dead: ["bad", "cross", "Dead"],
  held: ["off", "wait", "Held"],
  ran: ["ok", "check", "Ran"],
  missed: ["warn", "late", "Missed"],
  skipped: ["off", "skip", "Skipped"],
  pending: ["run", "wait", "To come"],
  run_failed: ["bad", "cross", "Run failed"],
  run_timed_out: ["bad", "late", "Run timed out"],
  run_incomplete: ["warn", "half", "Run incomplete"],
  occurrence_missed: ["warn", "late", "Missed"],
  occurrence_skipped: ["off", "skip", "Skipped"],
};

/** @param {string} state */
export function stateOf(state) {
  return STATES[state] ?? ["off", "dot", state];
}

/** @param {{ state: string, word?: string }} props */
export function Status({ state, word }) {
  const [tone, icon, usual] = stateOf(state);
  return html`<span class="status tone-${tone}"><${Icon} name=${icon} />${word ?? usual}</span>`;
}

/** The states of a run that has not ended. */
export const OPEN = ["queued", "submitting", "running", "cancelling"];

/** A schedule that has completed has no more times to come, which differs from a run that has completed. */
export const ofSchedule = (/** @type {string} */ status) => (status === "completed" ? "ended" : status);

/**
 * The state of a run: `queued` with a response is at the gateway.
 * @param {{ status: string, gateway_response_id?: string | null }} run
 */
export const ofRun = (run) => (run.status === "queued" && run.gateway_response_id ? "running" : run.status);
