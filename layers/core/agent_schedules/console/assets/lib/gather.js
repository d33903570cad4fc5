// A list of the API up to so many pages, one call after the other.

import { get } from "./api.js";

const LIMIT = 100;

/**
 * Load the rows of a list, and say whether these are all.
 * @template T
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} query
 * @param {{ pages: number, signal: AbortSignal, enough?: (last: T) => boolean }} options `enough`: the rows after this
 * one are not wanted
 * @returns {Promise<{ rows: T[], complete: boolean, last: any }>} `last`: the last page
 */
export async function gather(path, query, { pages, signal, enough = () => false }) {
  /** @type {T[]} */
  const rows = [];
  let last = null;
  for (let page = 0; page < pages; page += 1) {
    last = await get(path, { ...query, limit: LIMIT, after: last?.next_cursor }, signal);
    rows.push(...last.data);
    if (!last.has_more || (rows.length > 0 && enough(rows[rows.length - 1]))) return { rows, complete: true, last };
  }
  return { rows, complete: false, last };
}

/**
 * Return a time as the API takes it, in whole seconds.
 * @param {number} at
 */
export const instant = (at) => new Date(Math.ceil(at / 1000) * 1000).toISOString().replace(".000Z", "Z");
