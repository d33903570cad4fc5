// The key of this tab, whom it belongs to, and the user that it acts for. All is kept in sessionStorage, so that it ends
// with the tab. Where the browser blocks that, it ends with the page.

import { Store } from "./store.js";

const KEY = "key";
const USER = "user";

/** @typedef {import("./types.js").Whoami} Whoami */
/** @typedef {{ key: string | null, user: string | null, who: Whoami | null, why: string | null }} Session */

/** @returns {Storage | null} */
function opened() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // blocked by the user, or by a policy
  }
}

const storage = opened();

/** Whether a reload of the page keeps the key. */
export const KEEPS = storage !== null;

/** `user`: whom it acts for, if not for the account. `why` tells why the last session ended, if it was not the user's wish. */
export const session = new Store(/** @type {Session} */ ({
  key: storage?.getItem(KEY) ?? null, user: storage?.getItem(USER) ?? null, who: null, why: null,
}));

/** The key of the local stack, which its sign-in page names; empty elsewhere. */
export const LOCAL_KEY = document.querySelector('meta[name="local-key"]')?.getAttribute("content") ?? "";

/**
 * @param {string} key
 * @param {Whoami} who what the service says of the key, and of the user that it acts for
 */
export function signIn(key, who) {
  const user = who.on_behalf_of;
  storage?.setItem(KEY, key);
  if (user === null) storage?.removeItem(USER);
  else storage?.setItem(USER, user);
  session.set({ key, user, who, why: null });
}

/** @param {string | null} why */
export function signOut(why = null) {
  storage?.removeItem(KEY);
  storage?.removeItem(USER);
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
