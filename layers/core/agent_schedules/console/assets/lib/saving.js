// Sending what a form or a dialog holds: one call at a time, one key for each body, and the error of the last one.

import { ApiError, newKey } from "./api.js";
import { useRef, useState } from "./h.js";

/** @typedef {(body: unknown) => string} KeyFor */

/**
 * `send` does an action and returns whether it succeeded. While one is under way, a second one does nothing. The action
 * gets a function that returns an `Idempotency-Key` for a body: the same one for the same body, so that a repeat after a
 * lost answer does nothing twice. `stale` reads again what is changed, after somebody else has changed it.
 * @param {(() => unknown) | null} [stale]
 */
export function useSaving(stale = null) {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const underWay = useRef(false);
  const keys = useRef(/** @type {Map<string, string>} */ (new Map()));

  /** @type {KeyFor} */
  const keyFor = (body) => {
    const name = JSON.stringify(body) ?? "";
    const key = keys.current.get(name) ?? newKey();
    keys.current.set(name, key);
    return key;
  };
  const again = async () => {
    try {
      await stale?.();
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
    }
  };
  /** @param {(keyFor: KeyFor) => Promise<unknown>} act */
  const send = async (act) => {
    if (underWay.current) return false;
    underWay.current = true;
    setBusy(true);
    setError(null);
    try {
      await act(keyFor);
      return true;
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
      if (failed instanceof ApiError && failed.status === 412) await again();
      return false;
    } finally {
      underWay.current = false;
      setBusy(false);
    }
  };
  return { error, setError, busy, send };
}
