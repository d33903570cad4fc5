// The last outcomes of the schedules on the screen. The API has them for one schedule at a time, so they are loaded
// when the user asks for them, for visible rows only, one call after the other, and kept for a while.

import { get } from "./api.js";
import { useEffect, useRef, useState } from "./h.js";
import { schedulePath } from "./paths.js";
import { onAnother } from "./session.js";
import { SHOWN } from "../parts/strip.js";

const FRESH = 60_000; // milliseconds
const MOST_KEPT = 500;

/** @typedef {import("./types.js").Occurrence} Occurrence */

/** @type {Map<string, { at: number, outcomes: Occurrence[] }>} */
const kept = new Map();
onAnother(() => kept.clear());

/** @type {(() => Promise<void>)[]} */
let line = [];
let busy = false;

async function serve() {
  if (busy) return;
  busy = true;
  for (let next = line.shift(); next; next = line.shift()) await next();
  busy = false;
}

/**
 * Return the newest outcomes of a schedule, and a reference for the element that has to be visible.
 * @param {string} agent
 * @param {string} schedule
 * @returns {[Occurrence[] | undefined, { current: any }]}
 */
export function useOutcomes(agent, schedule) {
  const path = `${schedulePath({ agent_id: agent, id: schedule })}/occurrences`;
  const [, again] = useState(0);
  const element = useRef(/** @type {Element | null} */ (null));
  useEffect(() => {
    let gone = false;
    const load = async () => {
      if (gone || Date.now() - (kept.get(path)?.at ?? 0) < FRESH) return;
      try {
        const found = await get(path, { limit: SHOWN });
        if (kept.size >= MOST_KEPT) kept.clear();
        kept.set(path, { at: Date.now(), outcomes: found.data });
        if (!gone) again((count) => count + 1);
      } catch {
        line = []; // the list shows what is wrong with the service; the strips wait for the next time
      }
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
  }, [path]);
  return [kept.get(path)?.outcomes, element];
}
