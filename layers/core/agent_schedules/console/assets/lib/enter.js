// Begin to use a key, or to act for a user with it: the service says whether it may.

import { call } from "./api.js";
import { signIn } from "./session.js";

/**
 * Raises ApiError if the service refuses the key, or the user with this key. Then all stays as it is.
 * @param {string} key
 * @param {string | null} user whom it acts for; null: the account itself
 */
export async function enter(key, user) {
  signIn(key, await call("GET", "/api/v1/whoami", { key, user }));
}
