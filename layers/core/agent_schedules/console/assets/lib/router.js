// Addresses: which page is shown. Links are plain `<a href>`; this module takes their clicks.

import { Store, useStore } from "./store.js";

/** @typedef {{ path: string, query: URLSearchParams, state: any, step: number, visit: number }} Place
 * `step` is the place in the browser's history. `visit` counts the pages that were opened; a change of the query alone does
 * not count. */

/** @returns {Omit<Place, "visit">} */
const read = () => ({
  path: location.pathname.replace(/(.)\/+$/, "$1"),
  query: new URLSearchParams(location.search),
  state: history.state?.own ?? null,
  step: history.state?.step ?? 0,
});

export const here = new Store(/** @type {Place} */ ({ ...read(), visit: 0 }));

/** @param {string} path */
const isOurs = (path) => path === "/console" || path.startsWith("/console/") || path === "/docs";

/** @typedef {() => void} Leave does what the user wanted when the page was held */

/** @type {((leave: Leave) => void) | null} */
let holder = null;

/**
 * Keep what is shown: until the returned function is called, `ask` gets a function for each other address that the user
 * wants. It goes there.
 * @param {(leave: Leave) => void} ask
 */
export function hold(ask) {
  holder = ask;
  return () => {
    if (holder === ask) holder = null;
  };
}

/**
 * Go to an address of the console.
 * @param {string} url
 * @param {{ replace?: boolean, state?: unknown, force?: boolean }} [options] `force`: also from a page that is held
 */
export function go(url, { replace = false, state = null, force = false } = {}) {
  if (holder && !force && url !== location.pathname + location.search) return holder(() => go(url, { replace, state, force: true }));
  if (force) holder = null;
  const { step, path: before } = here.value;
  if (replace) history.replaceState({ own: state, step }, "", url);
  else history.pushState({ own: state, step: step + 1 }, "", url);
  moved();
  if (!replace && here.value.path !== before) window.scrollTo(0, 0);
}

function moved() {
  const place = read();
  const { path, step, visit } = here.value;
  if (holder && place.step !== step) { // the browser's button has moved already: go back to what is held
    history.go(step - place.step);
    return holder(() => {
      holder = null;
      history.go(place.step - step);
    });
  }
  here.set({ ...place, visit: place.path === path ? visit : visit + 1 });
}

/** Follow the browser's buttons, and clicks on links to our own pages. */
export function startRouter() {
  window.addEventListener("popstate", moved);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !isOurs(url.pathname)) return;
    if (url.hash && url.pathname === location.pathname) return; // a place on this page
    event.preventDefault();
    go(url.pathname + url.search);
  });
}

/**
 * Return the parameters of a path, or null if the pattern is another page's. `:name` stands for one part of a path.
 * @param {string} pattern
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const parts = path.split("/");
  if (wanted.length !== parts.length) return null;
  /** @type {Record<string, string>} */
  const found = {};
  for (const [place, part] of wanted.entries()) {
    if (!part.startsWith(":")) {
      if (part !== parts[place]) return null;
      continue;
    }
    try {
      found[part.slice(1)] = decodeURIComponent(parts[place]);
    } catch {
      return null; // a broken escape
    }
  }
  return found;
}

/**
 * Return the query of the address, and a function that changes it: null removes a name.
 * @returns {[Record<string, string>, (changes: Record<string, string | null>, options?: { replace?: boolean, state?: unknown }) => void]}
 */
export function useQuery() {
  const { query } = useStore(here);
  return [Object.fromEntries(query), changeQuery];
}

/**
 * @param {Record<string, string | null>} changes
 * @param {{ replace?: boolean, state?: unknown }} [options]
 */
function changeQuery(changes, options) {
  const { path, query } = here.value; // of now, and not of the render that a timer began in
  go(address(path, { ...Object.fromEntries(query), ...changes }), options);
}

/**
 * Return an address of the console with a query.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} query
 */
export function address(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size > 0 ? `${path}?${search}` : path;
}

/** The addresses of things, for links. */
export const urls = {
  /** @param {string} agent @param {string} schedule */
  schedule: (agent, schedule) => `/console/agents/${encodeURIComponent(agent)}/schedules/${encodeURIComponent(schedule)}`,
  /** @param {string} agent @param {string} run */
  run: (agent, run) => `/console/agents/${encodeURIComponent(agent)}/runs/${encodeURIComponent(run)}`,
  /** @param {string} agent */
  agent: (agent) => `/console/agents/${encodeURIComponent(agent)}`,
  /** @param {string} webhook */
  webhook: (webhook) => `/console/webhooks/${encodeURIComponent(webhook)}`,
  /** @param {string} [agent] */
  newSchedule: (agent) => address("/console/schedules/new", { agent }),
};
