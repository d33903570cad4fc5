// Stands in for a page that does not exist yet.

import { html } from "../lib/h.js";
import { Page } from "../parts/page.js";

export function Soon() {
  return html`<${Page} title="Not here yet"><p>This page is being built. The API and the command line have it already.</p><//>`;
}
