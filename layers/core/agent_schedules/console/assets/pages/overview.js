import { html } from "../lib/h.js";
import { Page } from "../parts/page.js";
export function Overview() {
  return html`<${Page} title="Overview"><p>…</p><//>`;
}
