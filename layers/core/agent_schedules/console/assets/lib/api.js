// Calls of the API: the key, errors as the API words them, and patience where the service asks for it.

import { heard } from "./clock.js";
import { session, signOut } from "./session.js";

const MOST_AT_ONCE = 3; // a new deployment admits two requests a second, and four at once
const MOST_REPEATS = 4;
const LONGEST_WAIT = 20; // seconds
const WORTH_REPEATING = new Set([429, 503]); // neither has changed anything

/** The header that names the user whom a call acts for. */
export const ACTS_FOR = "X-On-Behalf-Of";

/** An answer that is an error, in the API's own words. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no answer
   * @param {string} message
   * @param {string | null} requestId
   * @param {{ field: string, message: string }[]} fields
   */
  constructor(status, message, requestId = null, fields = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.requestId = requestId;
    this.fields = fields.length > 0 ? fields : named(status, message);
  }
}

/**
 * @typedef {{
 *   query?: Record<string, string | number | boolean | null | undefined>,
 *   body?: unknown,
 *   etag?: string | null,
 *   once?: string,
 *   key?: string,
 *   user?: string | null,
 *   signal?: AbortSignal,
 *   answered?: (headers: Headers) => void,
 * }} Options
 * `etag` is sent as `If-Match`. `once` is an `Idempotency-Key`: see `newKey`. `key` replaces the session's key, and
 * `user` the user that it acts for. `answered` gets the headers of a success, such as its `ETag`.
 */

/** Return a new `Idempotency-Key`: one for each thing that the user wants, also when the call is repeated. */
export function newKey() {
  return crypto.randomUUID();
}

/**
 * @param {string} path
 * @param {Options["query"]} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function get(path, query, signal) {
  return call("GET", path, { query, signal });
}

/**
 * Call the API and return the JSON of its answer. Raises ApiError, or an AbortError.
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  const { key } = session.value;
  const safe = method === "GET" || options.once !== undefined;
  for (let repeats = 0; ; repeats += 1) {
    const answer = await inTurn(() => send(method, path, options));
    heard(answer.headers.get("date"));
    const text = await answer.text();
    if (answer.ok) options.answered?.(answer.headers);
    if (answer.ok) return text === "" ? null : JSON.parse(text);
    if (safe && WORTH_REPEATING.has(answer.status) && repeats < MOST_REPEATS) {
      await pause(wait(answer, repeats), options.signal);
      continue;
    }
    const error = errorOf(answer, text);
    const own = options.key === undefined && key === session.value.key; // another one may have come meanwhile
    if (answer.status === 401 && own) signOut(error.message);
    throw error;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function send(method, path, { query, body, etag, once, key, user, signal }) {
  /** @type {Record<string, string>} */
  const headers = {};
  const own = key ?? session.value.key;
  if (own) headers.Authorization = `Bearer ${own}`; // the API's description needs none
  const actsFor = key === undefined ? session.value.user : user;
  if (actsFor) headers[ACTS_FOR] = actsFor;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (once) headers["Idempotency-Key"] = once;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const url = search.size > 0 ? `${path}?${search}` : path;
  try {
    return await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The service did not answer. Check that it is running and that you are online.");
  }
}

/** @typedef {{ status: number, headers: [string, string][], text: string, milliseconds: number }} Exchange */

/**
 * Send one request as it is, and return the answer as it is, also if it is an error.
 * @param {string} method
 * @param {string} path below the origin
 * @param {{ headers: Record<string, string>, body?: string }} options
 * @returns {Promise<Exchange>}
 */
export async function exchange(method, path, { headers, body }) {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) throw new Error("The request would go to another server.");
  const key = session.value.key;
  const all = { ...headers, ...(key ? { Authorization: `Bearer ${key}` } : {}), ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const began = performance.now();
  const answer = await fetch(url, { method, headers: all, body, credentials: "omit", cache: "no-store", redirect: "error" });
  const text = await answer.text();
  return { status: answer.status, headers: [...answer.headers], text, milliseconds: Math.round(performance.now() - began) };
}

let running = 0;
/** @type {(() => void)[]} */
const waiting = [];

/**
 * Run `act` when few enough requests are in flight.
 * @template T
 * @param {() => Promise<T>} act
 */
async function inTurn(act) {
  if (running >= MOST_AT_ONCE) await new Promise((go) => waiting.push(() => go(undefined)));
  else running += 1;
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/**
 * Return the seconds until a repeat.
 * @param {Response} answer
 * @param {number} repeats
 */
function wait(answer, repeats) {
  const asked = Number(answer.headers.get("retry-after") ?? 0);
  return Math.min(LONGEST_WAIT, Math.max(Number.isFinite(asked) ? asked : 0, 2 ** repeats) * (0.8 + 0.4 * Math.random()));
}

/**
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
function pause(seconds, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(signal.reason);
    });
  });
}

/**
 * @param {Response} answer
 * @param {string} text
 */
function errorOf(answer, text) {
  let error;
  try {
    error = JSON.parse(text)?.error;
  } catch {
    error = undefined; // API Gateway's own answers have another form
  }
  const message = typeof error?.message === "string" ? error.message : `The service answered ${answer.status}.`;
  const details = Array.isArray(error?.details) ? error.details : [];
  return new ApiError(answer.status, message, answer.headers.get("x-request-id"), details);
}

/**
 * Return the field that a message names: `limit: must be 1 to 100`.
 * @param {number} status
 * @param {string} message
 */
function named(status, message) {
  const found = status === 400 || status === 409 ? /^([A-Za-z_][\w.-]*): (.*)$/s.exec(message) : null;
  return found ? [{ field: found[1], message: found[2] }] : [];
}
