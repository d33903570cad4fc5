// The key of this tab, whom it belongs to, and the user that it acts for. All is kept in sessionStorage, so that it ends
// with the tab.

import { Store } from "./store.js";

const KEY = "key";
const USER = "user";

/** @typedef {import("./types.js").Whoami} Whoami */
/** @typedef {{ key: string | null, user: string | null, who: Whoami | null, why: string | null }} Session */

/** `user`: whom it acts for, if not for the account. `why` tells why the last session ended, if it was not the user's wish. */
export const session = new Store(/** @type {Session} */ ({
  key: sessionStorage.getItem(KEY), user: sessionStorage.getItem(USER), who: null, why: null,
}));

/** The key of the local stack, which its sign-in page names; empty elsewhere. */
export const LOCAL_KEY = document.querySelector('meta[name="local-key"]')?.getAttribute("content") ?? "";

/**
 * @param {string} key
 * @param {Whoami} who what the service says of the key, and of the user that it acts for
 */
export function signIn(key, who) {
  const user = who.on_behalf_of;
  sessionStorage.setItem(KEY, key);
  if (user === null) sessionStorage.removeItem(USER);
  else sessionStorage.setItem(USER, user);
  session.set({ key, user, who, why: null });
}

/** @param {string | null} why */
export function signOut(why = null) {
  sessionStorage.removeItem(KEY);
  sessionStorage.removeItem(USER);
  session.set({ key: null, user: null, who: null, why });
}

/**
 * Call `act` when another account, or another user of it, begins: it must not see what this one saw.
 * @param {() => void} act
 */
export function onAnother(act) {
  let { key, user } = session.value;
  session.watch(() => {
    if (key === session.value.key && user === session.value.user) return;
    ({ key, user } = session.value);
    act();
  });
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
