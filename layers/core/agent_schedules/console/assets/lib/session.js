// The key of this tab, and whom it belongs to. The key is kept in sessionStorage, so that it ends with the tab.

import { Store } from "./store.js";

const KEY = "key";

/** @typedef {import("./types.js").Whoami} Whoami */
/** @typedef {{ key: string | null, who: Whoami | null, why: string | null }} Session */

/** `why` tells why the last session ended, if it was not the user's wish. */
export const session = new Store(/** @type {Session} */ ({ key: sessionStorage.getItem(KEY), who: null, why: null }));

/** The key of the local stack, which its sign-in page names; empty elsewhere. */
export const LOCAL_KEY = document.querySelector('meta[name="local-key"]')?.getAttribute("content") ?? "";

/**
 * @param {string} key
 * @param {Whoami} who
 */
export function signIn(key, who) {
  sessionStorage.setItem(KEY, key);
  session.set({ key, who, why: null });
}

/** @param {string | null} why */
export function signOut(why = null) {
  sessionStorage.removeItem(KEY);
  session.set({ key: null, who: null, why });
}

const SCOPES = ["read", "write", "admin"];

/**
 * Whether the key allows calls of a scope. Pages show no button for a call that the key does not allow.
 * @param {"read" | "write" | "admin"} scope
 */
export function allows(scope) {
  const { who } = session.value;
  return who !== null && SCOPES.indexOf(who.scope) >= SCOPES.indexOf(scope);
}
