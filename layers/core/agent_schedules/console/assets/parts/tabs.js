// Parts of a page that are shown one at a time. The address says which, so each is a link.

import { html } from "../lib/h.js";
import { address, here } from "../lib/router.js";
import { useStore } from "../lib/store.js";

/**
 * @param {{ tabs: Record<string, string>, chosen: string, label: string, children?: import("../lib/h.js").Children }} props
 * `tabs`: names by the values of `show` in the address, the usual one first
 */
export function Tabs({ tabs, chosen, label, children }) {
  const { path } = useStore(here);
  const [usual] = Object.keys(tabs);
  return html`<div class="tabbed">
    <nav class="tabs" aria-label=${label}>
      ${Object.entries(tabs).map(([name, word]) => html`<a key=${name} class="tab" aria-current=${name === chosen ? "page" : null}
        href=${address(path, { show: name === usual ? null : name })}>${word}</a>`)}
    </nav>
    ${children}
  </div>`;
}
