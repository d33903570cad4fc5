// A value that components show, and that changes outside of them.

import { useEffect, useState } from "./h.js";

/** @template T */
export class Store {
  /** @param {T} value */
  constructor(value) {
    this.value = value;
    /** @type {Set<() => void>} */
    this.watchers = new Set();
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const watcher of [...this.watchers]) watcher();
  }

  /**
   * Call `watcher` after each change, until the returned function is called.
   * @param {() => void} watcher
   */
  watch(watcher) {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }
}

/**
 * Return a store's value, and render again when it changes.
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, again] = useState(0);
  const seen = store.value;
  useEffect(() => {
    const changed = () => again((count) => count + 1);
    if (store.value !== seen) changed(); // between the render and now
    return store.watch(changed);
  }, [store]);
  return store.value;
}
