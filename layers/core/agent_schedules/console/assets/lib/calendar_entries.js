// The API's answers as entries of a calendar.

import { ofRun, OPEN } from "../parts/status.js";
import { urls } from "./router.js";

/** @typedef {import("./calendar.js").Entry} Entry */
/** @typedef {import("./types.js").RunSummary} RunSummary */
/** @typedef {import("./types.js").Occurrence} Occurrence */
/** @typedef {import("./types.js").Problem} Problem */
/** @typedef {import("./types.js").Upcoming} Upcoming */

/**
 * What was found for a stretch of time. `known`: where every run is there. `partial`: some schedules are missing.
 * `idleFrom`: since when times without a run are there, if that is later.
 * @typedef {{ entries: Entry[], known: { from: number, to: number }, partial: number | null, idleFrom: number | null }} Found
 */

/** Days that `/api/v1/upcoming` takes at once. */
export const LONGEST_LOOK = 31;

/** The names of reasons and triggers, for people. @param {string} name */
export const plain = (name) => name.replaceAll("_", " ");

/** Whether an entry is a run that has not ended. @param {Entry} entry */
export const isUnderWay = (entry) => OPEN.includes(entry.state);

/**
 * @param {RunSummary} run
 * @param {string} title
 * @returns {Entry}
 */
export function ofRunEntry(run, title) {
  const at = Date.parse(run.scheduled_for ?? run.created_at);
  const failed = run.error?.code ? plain(String(run.error.code)) : null;
  const reason = [run.trigger === "schedule" || run.trigger === "api" ? null : plain(run.trigger), failed].filter(Boolean).join(", ");
  return {
    id: run.id, at, until: at, count: 1, state: ofRun(run), title, reason: reason || null,
    href: urls.run(run.agent_id, run.id), agent: run.agent_id, schedule: run.schedule_id,
  };
}

/**
 * An outcome without a run.
 * @param {Occurrence} one
 * @param {{ agent: string, schedule: string, title: string }} of
 * @returns {Entry}
 */
export function ofOutcome(one, { agent, schedule, title }) {
  return {
    id: one.id, at: Date.parse(one.scheduled_for), until: Date.parse(one.until), count: one.count, state: one.outcome, title,
    reason: one.reason ? plain(one.reason) : null, href: one.run_id ? urls.run(agent, one.run_id) : null, agent, schedule,
  };
}

/** @type {Record<string, string>} */
const STATE_OF_PROBLEM = {
  run_failed: "failed", run_timed_out: "failed", run_incomplete: "incomplete",
  occurrence_missed: "missed", occurrence_skipped: "skipped",
};

/**
 * @param {Problem} problem
 * @param {string} title
 * @returns {Entry}
 */
export function ofProblem(problem, title) {
  const { agent_id: agent, schedule_id: schedule, run_id: run } = problem;
  return {
    id: problem.id, at: Date.parse(problem.since), until: Date.parse(problem.time), count: problem.count,
    state: STATE_OF_PROBLEM[problem.type] ?? problem.type, title, reason: problem.reason ? plain(problem.reason) : null,
    href: run ? urls.run(agent, run) : schedule ? urls.schedule(agent, schedule) : null, agent, schedule,
  };
}

/**
 * @param {Upcoming} one
 * @param {string} title
 * @returns {Entry}
 */
export function ofUpcoming(one, title) {
  const at = Date.parse(one.scheduled_for);
  return {
    id: one.id, at, until: at, count: 1, state: "pending", title, reason: null, href: urls.schedule(one.agent_id, one.schedule_id),
    agent: one.agent_id, schedule: one.schedule_id,
  };
}
