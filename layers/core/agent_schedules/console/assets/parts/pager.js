// From page to page of a list. The address has the page, so back and refresh keep it.

import { html } from "../lib/h.js";
import { here, useQuery } from "../lib/router.js";
import { useStore } from "../lib/store.js";
import { Icon } from "./icon.js";

/**
 * @param {{ shown: number, next: string | null, unfinished?: boolean, what: string }} props
 * `next`: the cursor of the next page. `unfinished`: the filter was not applied to everything yet.
 */
export function Pager({ shown, next, unfinished = false, what }) {
  const { state } = useStore(here);
  const [query, setQuery] = useQuery();
  const after = query.after ?? null;
  /** @type {(string | null)[]} */
  const trail = Array.isArray(state?.trail) ? state.trail : [];
  if (!after && !next) return html`<div class="pager"><span>${shown} ${what}</span></div>`;
  const forward = () => {
    setQuery({ after: next }, { state: { trail: [...trail, after] } });
    window.scrollTo(0, 0);
  };
  const back = () => {
    setQuery({ after: trail.at(-1) ?? null }, { state: { trail: trail.slice(0, -1) } });
    window.scrollTo(0, 0);
  };
  return html`<div class="pager">
    <span>${unfinished ? `${shown} found so far` : `Page ${trail.length + 1}, ${shown} ${what}`}</span>
    <span class="row">
      ${after ? html`<button type="button" class="button button-small" onClick=${back}>
        <${Icon} name="left" />${trail.length > 0 ? "Previous" : "First page"}</button>` : null}
      ${next ? html`<button type="button" class="button button-small" onClick=${forward}>
        ${unfinished ? "Keep looking" : "Next"}<${Icon} name="right" /></button>` : null}
    </span>
  </div>`;
}
