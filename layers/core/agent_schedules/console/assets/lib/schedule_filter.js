// The filter of the list of schedules. It is read once from the address: the list, the words, the count of conditions and
// a change of many schedules all come from the same conditions. Pure.

import { nameOf } from "./names.js";
import { exact, zoneShown } from "./time.js";

/** @typedef {import("./types.js").Agent} Agent */
/** @typedef {Record<string, string>} Query */
/** @typedef {{ plain: Record<string, string>, pair: [key: string, value: string] | null, wrong: Record<string, string> }} Filter
 * `plain`: the conditions that have one value. `pair`: of the metadata. `wrong`: what is no condition, by the name in the
 * address. Nothing may be listed or changed by a filter with something wrong: it would match more than it says. */

export const STATUSES = [["active", "Active"], ["paused", "Paused"], ["completed", "Ended"]];
export const LAST = [["failed", "Failed"], ["incomplete", "Incomplete"], ["cancelled", "Cancelled"], ["completed", "Completed"], ["queued", "Under way"]];

const PLAIN = ["name", "status", "agent_id", "last_run_status", "next_run_before"];
export const NAMES = [...PLAIN, "metadata"];

/**
 * Return the filter that a query of the address stands for.
 * @param {Query} query
 * @returns {Filter}
 */
export function filterOf(query) {
  const plain = Object.fromEntries(PLAIN.filter((name) => query[name]).map((name) => [name, query[name]]));
  const pair = query.metadata ? pairOf(query.metadata) : null;
  /** @type {Record<string, string>} */
  const wrong = {};
  if (query.metadata && pair === null) wrong.metadata = "Write one pair, such as team=billing.";
  if (plain.next_run_before && Number.isNaN(Date.parse(plain.next_run_before))) {
    wrong.next_run_before = "The time of the next run in the address is not a time.";
  }
  return { plain, pair, wrong };
}

/** How many conditions a filter has. @param {Filter} filter */
export const sizeOf = ({ plain, pair }) => Object.keys(plain).length + (pair ? 1 : 0);

/**
 * Return the filter as the list of schedules takes it.
 * @param {Filter} filter
 * @returns {Record<string, string>}
 */
export function conditionsOf({ plain, pair }) {
  return { ...plain, ...(pair ? { [`metadata.${pair[0]}`]: pair[1] } : {}) };
}

/**
 * Return the filter as a change of many schedules takes it.
 * @param {Filter} filter
 * @returns {Record<string, unknown>}
 */
export function bodyOf({ plain, pair }) {
  return { ...plain, ...(pair ? { metadata: { [pair[0]]: pair[1] } } : {}) };
}

/**
 * Say what a filter matches.
 * @param {Filter} filter
 * @param {Agent[] | undefined} agents
 */
export function wordsOf({ plain, pair }, agents) {
  const word = (/** @type {string[][]} */ options, /** @type {string} */ value) => options.find(([one]) => one === value)?.[1] ?? value;
  const parts = [
    plain.name && `a name that begins with “${plain.name}”`,
    plain.status && `the status ${word(STATUSES, plain.status)}`,
    plain.agent_id && `the agent ${nameOf(agents, plain.agent_id)}`,
    plain.last_run_status && `a last run that is ${word(LAST, plain.last_run_status).toLowerCase()}`,
    plain.next_run_before && `a next run before ${exact(plain.next_run_before, zoneShown())}`,
    pair && `the metadata ${pair[0]}=${pair[1]}`,
  ].filter(Boolean);
  return parts.length > 0 ? `all schedules with ${parts.join(", and ")}` : "all schedules";
}

/**
 * Return the pair that `key=value` or `key: value` stands for, or null for what is no pair.
 * @param {string} text
 * @returns {[key: string, value: string] | null}
 */
function pairOf(text) {
  const at = text.includes("=") ? text.indexOf("=") : text.indexOf(":");
  const [key, value] = [text.slice(0, Math.max(at, 0)).trim(), text.slice(at + 1).trim()];
  return key && value ? [key, value] : null;
}
