// The same thing as the page's button does, for a program: curl, the SDK and the command line, to copy.

import { html, useId, useState } from "../lib/h.js";
import { copied } from "./copy.js";
import { Icon } from "./icon.js";

/** @param {{ snippets: Record<string, string> }} props by name, in the order of the tabs */
export function Snippets({ snippets }) {
  const names = Object.keys(snippets);
  const [chosen, choose] = useState(names[0]);
  const id = useId();
  /** @param {KeyboardEvent} event */
  const moved = (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length];
    choose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return html`<div class="snippets">
    <div class="tabs">
      <div class="row" role="tablist" aria-label="Ways to do the same" onKeyDown=${moved}>${names.map((name) => html`<button key=${name} type="button" role="tab" id="${id}-${name}" class="tab"
        aria-selected=${String(name === chosen)} aria-controls=${id} tabindex=${name === chosen ? 0 : -1}
        onClick=${() => choose(name)}>${name}</button>`)}</div>
      <button type="button" class="button button-small snippets-copy" onClick=${() => copied(snippets[chosen])}><${Icon} name="copy" />Copy</button>
    </div>
    <pre id=${id} role="tabpanel" aria-labelledby="${id}-${chosen}" tabindex="0"><code>${snippets[chosen]}</code></pre>
  </div>`;
}
