// What was loaded: a word while it is on its way, what went wrong, and what there is.

import { html } from "../lib/h.js";
import { ErrorNote } from "./error.js";

/**
 * An error of a later load is shown above what there is, which stays.
 * @template T
 * @param {{ of: import("../lib/load.js").Loaded<T>, children?: (data: T) => unknown }} props
 */
export function Loaded({ of: { data, error, reload }, children = () => null }) {
  return html`${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${data !== undefined ? children(data) : error ? null : html`<p class="loading">Loading…</p>`}`;
}
