// The names of agents and of schedules, for lists that have only their ids: one call for all of a list.

import { get } from "./api.js";
import { useLoad } from "./load.js";
import { titleOf } from "../parts/schedule_actions.js";

const FRESH = 300; // seconds
const MOST = 100; // the newest; the others are shown by their ids

/** @typedef {import("./types.js").Agent} Agent */

/**
 * Load the newest agents, for a page that cannot go on without them.
 * @returns {import("./load.js").Loaded<Agent[]>}
 */
export function useAgentList() {
  return useLoad("agents", async (signal) => (await get("/api/v1/agents", { limit: MOST }, signal)).data, { every: FRESH });
}

/** Return the newest agents, or undefined while they are not known, for a page that shows ids then. */
export function useAgents() {
  return useAgentList().data;
}

/**
 * Load the names of the newest schedules of an agent, or of all.
 * @param {string | null} agent
 * @param {boolean} [needed] whether they are loaded at all
 * @returns {import("./load.js").Loaded<Map<string, string>>} by the ids
 */
export function useScheduleNames(agent, needed = true) {
  return useLoad(needed ? `schedule names ${agent}` : null, async (signal) => {
    /** @type {import("./types.js").List<import("./types.js").Schedule>} */
    const found = await get("/api/v1/schedules", { limit: MOST, agent_id: agent }, signal);
    return new Map(found.data.map((one) => [one.id, titleOf(one)]));
  }, { every: FRESH });
}

/**
 * Return an agent's name, or its id while no name is known.
 * @param {Agent[] | undefined} agents
 * @param {string} id
 */
export function nameOf(agents, id) {
  return agents?.find((agent) => agent.id === id)?.name ?? id;
}
