// The service's present time. It is not the browser's: that may be wrong, and a local stack's clock may run faster.

import { useEffect, useState } from "./h.js";
import { LOCAL_KEY } from "./session.js";

const RESOLUTION = 1500; // milliseconds by which a `Date` header may differ without being news
const LEAST = 3000; // milliseconds between two samples that say how fast the clock runs
const JUMP = 2000; // milliseconds by which the two clocks of the browser part when the computer slept or its clock was set

/** @type {{ server: number, own: number, gap: number } | null} */
let first = null;
let offset = 0; // of the service's time to the browser's, at `since`
let since = 0;
let speed = 1;

/**
 * Learn from the `Date` header of an answer.
 * @param {string | null} header
 */
export function heard(header) {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const own = Date.now(); // it goes on while the computer sleeps
  const gap = own - performance.now();
  if (first === null || Math.abs(gap - first.gap) > JUMP) {
    first = { server, own, gap };
    set(server, own);
    return;
  }
  if (LOCAL_KEY !== "" && own - first.own > LEAST) { // only a local stack's clock may have another speed
    const seen = (server - first.server) / (own - first.own);
    speed = Math.abs(seen - 1) < 0.5 ? 1 : seen;
  }
  if (Math.abs(server - at(own)) > RESOLUTION * Math.max(1, speed)) set(server, own);
}

/** Return the service's time in milliseconds. */
export function now() {
  return first === null ? Date.now() : at(Date.now());
}

/**
 * Render again every so many milliseconds, while the tab is visible; return the service's time.
 * @param {number} every
 */
export function useNow(every = 1000) {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) again((count) => count + 1);
    }, every);
    return () => clearInterval(timer);
  }, [every]);
  return now();
}

/** @param {number} own */
function at(own) {
  return offset + (own - since) * speed;
}

/**
 * @param {number} server
 * @param {number} own
 */
function set(server, own) {
  offset = server;
  since = own;
}
