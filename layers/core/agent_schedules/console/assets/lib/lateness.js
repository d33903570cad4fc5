// When the steps of a run were, and which of them made it late. Pure.

import { duration, precise } from "./time.js";

/** @typedef {import("./types.js").Run} Run */
/** @typedef {{ name: string, at: string, gap: number, why: string }} Step `gap`: milliseconds since the step before */

const SLOW = 5_000; // milliseconds: a shorter step needs no explanation

/**
 * Return what happened to a run, in order. The times are the run's own; those of the gateway are in whole seconds.
 * @param {Run} run
 * @param {string | null} reason why its nominal time had made no run before a backfill
 * @returns {Step[]}
 */
export function stepsOf(run, reason) {
  /** @type {Step[]} */
  const steps = [];
  /** @param {string} name @param {string | null | undefined} at @param {(gap: number) => string} why */
  const add = (name, at, why) => {
    if (!at) return;
    const before = steps.at(-1);
    const gap = before ? Math.max(0, Date.parse(at) - Date.parse(before.at)) : 0;
    steps.push({ name, at, gap, why: why(gap) });
  };
  add("Nominal time", run.scheduled_for, () => "The time that the schedule names.");
  if (run.effective_at !== run.scheduled_for) {
    add("Due", run.effective_at, (gap) => `The schedule's spread put it ${duration(gap)} later, so that not all start at once.`);
  }
  add("Created", run.created_at, (gap) => whyCreated(run, gap, reason));
  add("Free to start", run.waited_until, (gap) => `It waited ${duration(gap)} in line for another run of the schedule.`);
  add("Accepted by the gateway", acceptedAt(run), whySent);
  add("Ended", run.completed_at, (gap) => whyEnded(run, gap));
  return steps;
}

/**
 * Return why a run began late, in a sentence; null for one that was on time.
 * @param {Run} run
 * @param {Step[]} steps
 */
export function whyLate(run, steps) {
  const begin = steps.filter((step) => step.name !== "Ended");
  const late = begin.slice(1).reduce((sum, step) => sum + step.gap, 0);
  const worst = begin.slice(1).reduce((most, step) => (step.gap > (most?.gap ?? -1) ? step : most), /** @type {Step | null} */ (null));
  if (!worst || late <= SLOW) return null;
  const since = run.scheduled_for ? "after its nominal time" : "after it was asked for";
  const all = worst.gap > late * 0.9 ? "" : ` The longest step took ${duration(worst.gap)}:`;
  return `It began ${duration(late)} ${since}.${all} ${worst.why}`;
}

/**
 * @param {Run} run
 * @param {number} gap
 * @param {string | null} reason
 */
function whyCreated(run, gap, reason) {
  if (run.trigger === "backfill") {
    const before = reason ? ` There was none before: ${reason.replaceAll("_", " ")}.` : "";
    return `A backfill made this run for a time in the past.${before}`;
  }
  if (run.trigger === "retry") return "A caller asked to run it again.";
  if (run.trigger === "manual") return "A caller pressed Run now, or called the API's trigger.";
  if (run.trigger === "api") return "A caller started it.";
  if (gap <= SLOW) return "The schedule created it on time.";
  return "The schedule noticed the time late: its timer came late, or the service caught up after an interruption.";
}

/** @param {number} gap */
function whySent(gap) {
  if (gap <= SLOW) return "The request was sent.";
  return "It was sent late: the gateway refused or did not answer at first, or every worker was busy.";
}

/**
 * @param {Run} run
 * @param {number} gap
 */
function whyEnded(run, gap) {
  if (run.status === "cancelled") return "It was cancelled.";
  return acceptedAt(run) ? `The gateway worked on it for ${precise(gap)}.` : "It was not accepted by the gateway.";
}

/**
 * Return when the gateway accepted the request, by its own response.
 * @param {Run} run
 * @returns {string | null}
 */
function acceptedAt(run) {
  const at = run.gateway_response?.created_at;
  if (typeof at !== "number" || !Number.isFinite(at)) return null;
  const own = at * 1000;
  const least = Date.parse(run.waited_until ?? run.created_at);
  const most = run.completed_at ? Date.parse(run.completed_at) : Number.POSITIVE_INFINITY;
  if (own < least - 60_000 || own > most + 60_000) return null; // another clock
  return new Date(Math.min(Math.max(own, least), most)).toISOString();
}
