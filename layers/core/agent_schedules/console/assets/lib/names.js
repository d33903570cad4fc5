// The names of agents, for lists that have only their ids: one call for all lists of a while.

import { get } from "./api.js";
import { useLoad } from "./load.js";

const FRESH = 300; // seconds
const MOST = 100; // the newest; the others are shown by their ids

/** @typedef {import("./types.js").Agent} Agent */

/** Return the newest agents, or undefined while they are loaded. */
export function useAgents() {
  const { data } = useLoad("agents", (signal) => get("/api/v1/agents", { limit: MOST }, signal), { every: FRESH });
  return /** @type {Agent[] | undefined} */ (data?.data);
}

/**
 * Return an agent's name, or its id while no name is known.
 * @param {Agent[] | undefined} agents
 * @param {string} id
 */
export function nameOf(agents, id) {
  return agents?.find((agent) => agent.id === id)?.name ?? id;
}
