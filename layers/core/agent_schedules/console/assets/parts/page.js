// The frame of every page: its heading, which gets the focus after a navigation, and its buttons.

import { html, useEffect, useRef } from "../lib/h.js";
import { here } from "../lib/router.js";

const PRODUCT = "agent schedules";

/**
 * @param {{
 *   title: string,
 *   kicker?: import("../lib/h.js").Children,
 *   subtitle?: import("../lib/h.js").Children,
 *   actions?: import("../lib/h.js").Children,
 *   children?: import("../lib/h.js").Children,
 * }} props `kicker`: a link to where the page belongs, above its title
 */
export function Page({ title, kicker, subtitle, actions, children }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
  }, [title]);
  useEffect(() => {
    if (here.value.visit > 0) heading.current?.focus({ preventScroll: true });
  }, []);
  return html`<div class="page">
    <header class="page-head">
      <div class="page-names">
        ${kicker ? html`<div class="kicker">${kicker}</div>` : null}
        <h1 ref=${heading} tabindex="-1">${title}</h1>
        ${subtitle ? html`<div class="subtitle">${subtitle}</div>` : null}
      </div>
      ${actions ? html`<div class="page-actions">${actions}</div>` : null}
    </header>
    ${children}
  </div>`;
}

/**
 * A part of a page with a heading of its own.
 * @param {{ title: string, more?: import("../lib/h.js").Children, children?: import("../lib/h.js").Children }} props
 */
export function Panel({ title, more, children }) {
  return html`<section class="panel">
    <div class="panel-head"><h2>${title}</h2>${more}</div>
    ${children}
  </section>`;
}
