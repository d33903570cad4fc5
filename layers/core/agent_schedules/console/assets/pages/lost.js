// An address that is no page.

import { html } from "../lib/h.js";
import { Page } from "../parts/page.js";

export function Lost() {
  return html`<${Page} title="No such page">
    <p>Nothing is at this address. <a href="/console">Go to the overview</a>.</p>
  <//>`;
}
