// Names and values next to each other, and long texts that fold.

import { html, useState } from "../lib/h.js";
import { CopyButton } from "./copy.js";

/** @param {{ facts: ([name: string, value: import("../lib/h.js").Children] | null)[] }} props null is left out */
export function Facts({ facts }) {
  return html`<dl class="values">
    ${facts.map((fact) => fact && html`<div key=${fact[0]}><dt>${fact[0]}</dt><dd>${fact[1]}</dd></div>`)}
  </dl>`;
}

const MOST_SHOWN = 200_000; // characters; more would hold up the browser

/**
 * JSON that is shown when it is opened, and can be copied.
 * @param {{ title: string, value: unknown, open?: boolean }} props
 */
export function Json({ title, value, open = false }) {
  const [shown, show] = useState(open);
  const text = shown ? JSON.stringify(value, null, 2) : "";
  return html`<details class="fold" open=${open} onToggle=${(/** @type {any} */ event) => show(event.currentTarget.open)}>
    <summary>${title}</summary>
    ${shown ? html`<div class="fold-head"><${CopyButton} text=${text} label=${title} /></div>
      <pre class="code" tabindex="0">${text.slice(0, MOST_SHOWN)}</pre>
      ${text.length > MOST_SHOWN ? html`<p class="muted">Cut here. The copy has all ${text.length.toLocaleString("en")} characters.</p>` : null}` : null}
  </details>`;
}
