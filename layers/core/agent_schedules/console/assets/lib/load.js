// What a page shows: loaded when first shown, kept while the user goes away and back, loaded again from time to time.

import { useCallback, useEffect, useRef, useState } from "./h.js";
import { poll } from "./poll.js";
import { onAnother, session } from "./session.js";

const MOST_KEPT = 40;

/** @type {Map<string, any>} */
const kept = new Map();
onAnother(() => kept.clear());

/**
 * @template T
 * @typedef {{ data: T | undefined, error: Error | null, loading: boolean, reload: () => Promise<void> }} Loaded
 * `data` stays while a reload is under way, and while it fails.
 */

/**
 * Load data for a component. A different `name` is other data; null loads nothing.
 * @template T
 * @param {string | null} name
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {{ every?: number | ((data: T | undefined) => number) }} [options] `every`: seconds until it is loaded again, 0 for
 * never; a function says it of the data, as for a run that is still open
 * @returns {Loaded<T>}
 */
export function useLoad(name, load, { every = 0 } = {}) {
  const [state, setState] = useState(/** @type {{ name: string | null, error: Error | null, loading: boolean }} */ ({
    name: null, error: null, loading: false,
  }));
  const latest = useRef(load);
  latest.current = load;
  const ending = useRef(/** @type {AbortController | null} */ (null));

  const reload = useCallback(async () => {
    if (name === null) return;
    ending.current?.abort();
    const own = new AbortController();
    ending.current = own;
    setState({ name, error: null, loading: true });
    try {
      const { who } = session.value;
      const found = await latest.current(own.signal);
      if (session.value.who === who) keep(name, found);
      if (!own.signal.aborted) setState({ name, error: null, loading: false });
    } catch (error) {
      if (own.signal.aborted) return;
      setState({ name, error: /** @type {Error} */ (error), loading: false });
      throw error;
    }
  }, [name]);
  const quietly = useCallback(() => reload().catch(() => undefined), [reload]); // the state has the error

  const data = name === null ? undefined : kept.get(name);
  const seconds = typeof every === "number" ? every : every(data);
  useEffect(() => {
    void quietly();
    return () => ending.current?.abort();
  }, [name]);
  useEffect(() => (seconds > 0 && name !== null ? poll(reload, seconds) : undefined), [name, seconds]);

  const mine = state.name === name;
  return {
    data,
    error: mine ? state.error : null,
    loading: name !== null && (mine ? state.loading : true),
    reload: quietly,
  };
}

/**
 * Load again when something that the data depends on has changed. What is shown stays meanwhile.
 * @param {() => Promise<void>} reload
 * @param {string} stamp
 */
export function useReload(reload, stamp) {
  const seen = useRef(stamp);
  useEffect(() => {
    if (seen.current === stamp) return;
    seen.current = stamp;
    void reload();
  }, [stamp, reload]);
}

/**
 * @param {string} name
 * @param {unknown} data
 */
function keep(name, data) {
  kept.delete(name);
  if (kept.size >= MOST_KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
  kept.set(name, data);
}
