// The last outcomes of the schedules on the screen. The API has them for one schedule at a time, so they are loaded
// when the user asks for them, for visible rows only, one call after the other. With each load of the list, those are
// loaded again whose row has changed, whose runs were open, or whose call failed.

import { get } from "./api.js";
import { useEffect, useRef, useState } from "./h.js";
import { schedulePath } from "./paths.js";
import { onAnother, session } from "./session.js";
import { OPEN } from "../parts/status.js";
import { SHOWN, stateOfOccurrence } from "../parts/strip.js";

const MOST_KEPT = 500;

/** @typedef {import("./types.js").Occurrence} Occurrence */

/** @typedef {import("./types.js").FoundSchedule} FoundSchedule */
/** @typedef {{ stamp: string, outcomes?: Occurrence[], error: Error | null }} Kept `outcomes` stay while a later call fails */

/** @type {Map<string, Kept>} */
const kept = new Map();
onAnother(() => kept.clear());

/** @type {(() => Promise<void>)[]} */
const line = [];
let busy = false;

async function serve() {
  if (busy) return;
  busy = true;
  for (let next = line.shift(); next; next = line.shift()) await next();
  busy = false;
}

/**
 * What changes when a schedule has another outcome.
 * @param {FoundSchedule} row
 */
const stampOf = (row) => JSON.stringify([
  row.generation, row.status, row.next_run_at, row.run_count, row.last_run_id, row.last_run_status, row.backfill,
]);

/**
 * Whether the outcomes of a row have to be loaded.
 * @param {Kept | undefined} found
 * @param {FoundSchedule} row
 */
function isDue(found, row) {
  if (!found?.outcomes || found.error || found.stamp !== stampOf(row)) return true;
  return found.outcomes.some((one) => OPEN.includes(stateOfOccurrence(one)));
}

/**
 * Ask for the outcomes of a row, and keep them or the error.
 * @param {string} path
 * @param {FoundSchedule} row
 */
async function ask(path, row) {
  const { who } = session.value;
  /** @type {Kept} */
  const found = { stamp: stampOf(row), outcomes: kept.get(path)?.outcomes, error: null };
  try {
    found.outcomes = (await get(path, { limit: SHOWN })).data;
  } catch (error) {
    found.error = /** @type {Error} */ (error);
  }
  if (session.value.who !== who) return; // they are another account's
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(path, found);
}

/**
 * Return the newest outcomes of a schedule, and a reference for the element that has to be visible.
 * @param {FoundSchedule} row
 * @returns {[Kept | undefined, { current: any }]}
 */
export function useOutcomes(row) {
  const path = `${schedulePath(row)}/occurrences`;
  const [, again] = useState(0);
  const element = useRef(/** @type {Element | null} */ (null));
  useEffect(() => {
    let gone = false;
    const load = async () => {
      if (gone) return;
      if (isDue(kept.get(path), row)) await ask(path, row);
      if (!gone) again((count) => count + 1); // also if a call for an earlier state of the row has brought them
    };
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      line.push(load);
      void serve();
    });
    if (element.current) observer.observe(element.current);
    return () => {
      gone = true;
      observer.disconnect();
    };
  }, [row]);
  return [kept.get(path), element];
}
