// Pages of a list. A page of the API may have fewer rows than asked for, or none, while there are more.

import { get } from "./api.js";

const MOST_ROWS = 100; // of a call
const MOST_LOOKS = 5; // calls for one page on the screen, one after the other

/**
 * A page of rows. `next` is the cursor of the page after it. `unfinished`: the filter found few rows so far, and more may
 * come.
 * @template T
 * @typedef {{ rows: T[], next: string | null, unfinished: boolean }} Rows
 */

/**
 * Load a page of rows, with as few calls as fill it, one at a time.
 * @template T
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} query
 * @param {{ limit: number, after: string | null, signal: AbortSignal, keep?: (row: T) => boolean }} options `keep`: a
 * filter that the API does not have; each call then looks at as many rows as the API allows
 * @returns {Promise<Rows<T>>}
 */
export async function pageOf(path, query, { limit, after, signal, keep }) {
  /** @type {T[]} */
  const rows = [];
  let next = after;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const found = await get(path, { ...query, limit: keep ? MOST_ROWS : limit - rows.length, after: next }, signal);
    rows.push(...(keep ? found.data.filter(keep) : found.data));
    next = found.has_more ? found.next_cursor : null;
    if (next === null || rows.length >= limit) return { rows, next, unfinished: false };
  }
  return { rows, next, unfinished: true };
}
