// The times of all schedules, or of one agent's, in a stretch: what ran or went wrong, and what comes.
// The API lists all runs of one agent at a time. So they are loaded for the chosen agent, or for each of a few.

import { LONGEST_LOOK, ofProblem, ofRunEntry, ofUpcoming } from "./calendar_entries.js";
import { now } from "./clock.js";
import { gather, instant } from "./gather.js";
import { DAY } from "./time.js";

/** @typedef {import("./calendar_entries.js").Found} Found */
/** @typedef {import("./types.js").Agent} Agent */

/** Agents whose runs are loaded without a choice. With more, the calendar shows what went wrong, and says so. */
export const FEW_AGENTS = 5;

/**
 * @param {{
 *   from: number, to: number, pages: number, signal: AbortSignal, agent: string | null, agents: Agent[],
 *   title: (agent: string, schedule: string | null) => string,
 * }} wanted
 * @returns {Promise<Found>}
 */
export async function timesOfAll(wanted) {
  /** @type {Found} */
  const found = { entries: [], known: { from: wanted.from, to: wanted.to }, partial: null, idleFrom: null };
  if (wanted.from < now()) await past(wanted, found);
  if (wanted.to > now()) await future(wanted, found);
  return found;
}

/** @param {Parameters<typeof timesOfAll>[0]} wanted @param {Found} found */
async function past({ from, to, pages, signal, agent, agents, title }, found) {
  const stretch = { from: instant(from), to: instant(Math.min(to, now() + 1000)) };
  const seen = new Set();
  for (const id of agent ? [agent] : agents.length <= FEW_AGENTS ? agents.map((one) => one.id) : []) {
    const runs = await gather("/api/v1/runs", { agent_id: id, ...stretch, view: "summary" }, { pages, signal });
    for (const run of /** @type {import("./types.js").RunSummary[]} */ (runs.rows)) {
      seen.add(run.id);
      found.entries.push(ofRunEntry(run, title(run.agent_id, run.schedule_id)));
    }
    const oldest = found.entries[found.entries.length - 1];
    if (!runs.complete && oldest) found.known.from = Math.max(found.known.from, oldest.at);
  }
  const problems = await gather("/api/v1/problems", stretch, { pages, signal });
  const rows = /** @type {import("./types.js").Problem[]} */ (problems.rows);
  for (const problem of rows) {
    if (seen.has(problem.id) || (agent && problem.agent_id !== agent)) continue;
    found.entries.push(ofProblem(problem, title(problem.agent_id, problem.schedule_id)));
  }
  const oldest = rows[rows.length - 1];
  if (!problems.complete && oldest) found.known.from = Math.max(found.known.from, Date.parse(oldest.time));
}

/** @param {Parameters<typeof timesOfAll>[0]} wanted @param {Found} found */
async function future({ from, to, pages, signal, agent, title }, found) {
  for (let begin = Math.max(from, now()); begin < to; begin += LONGEST_LOOK * DAY) {
    const end = Math.min(to, begin + LONGEST_LOOK * DAY);
    const query = { agent_id: agent, from: instant(begin), to: instant(end) };
    if (query.from === query.to) return;
    const coming = await gather("/api/v1/upcoming", query, { pages, signal });
    const rows = /** @type {import("./types.js").Upcoming[]} */ (coming.rows);
    found.entries.push(...rows.map((one) => ofUpcoming(one, one.schedule_name || title(one.agent_id, one.schedule_id))));
    if (coming.complete) continue;
    const groups = rows.some((one, place) => place > 0 && one.scheduled_for < rows[place - 1].scheduled_for);
    if (groups || coming.last.group_ends) found.partial = coming.last.group_schedules; // times begin again with each group
    else found.known.to = rows.length > 0 ? Date.parse(rows[rows.length - 1].scheduled_for) : begin;
    return;
  }
}
