// The rows for metadata: a name and a value each, kept exactly as they are typed.

import { html, useState } from "../lib/h.js";
import { Icon } from "./icon.js";

/** @typedef {import("../lib/metadata.js").Pairs} Pairs */

/** @param {{ value: Pairs, set: (pairs: Pairs) => void, error: string | null, hint?: string }} props */
export function MetadataField({ value, set, error, hint = "" }) {
  /** @param {number} place @param {Pairs[number]} pair */
  const put = (place, pair) => set(value.map((one, other) => (other === place ? pair : one)));
  return html`<fieldset class="field ${error ? "field-wrong" : ""}"><legend>Metadata</legend>
    ${value.map((pair, place) => html`<${Row} key=${`${place} of ${value.length}`} pair=${pair} place=${place} put=${(/** @type {Pairs[number]} */ one) => put(place, one)}
      remove=${() => set(value.filter((_, one) => one !== place))} />`)}
    <div class="hint">${hint}</div>
    <div class="field-error" aria-live="polite">${error}</div>
    <div><button type="button" class="button button-small" onClick=${() => set([...value, ["", ""]])}>
      <${Icon} name="plus" />Add a pair</button></div>
  </fieldset>`;
}

/** @param {{ pair: Pairs[number], place: number, put: (pair: Pairs[number]) => void, remove: () => void }} props */
function Row({ pair: [name, value], place, put, remove }) {
  const [lines] = useState(value.includes("\n")); // a field of one line would drop the breaks
  const text = { class: "input", "aria-label": `Value ${place + 1}`, placeholder: "news", value,
    onInput: (/** @type {any} */ event) => put([name, event.currentTarget.value]) };
  return html`<div class="metadata-row">
    <input class="input" aria-label="Key ${place + 1}" placeholder="team" value=${name} onInput=${(/** @type {any} */ event) => put([event.currentTarget.value, value])} />
    ${lines ? html`<textarea rows="3" ...${text}></textarea>` : html`<input ...${text} />`}
    <button type="button" class="button-bare" onClick=${remove}><${Icon} name="cross" label="Remove ${name || `pair ${place + 1}`}" /></button>
  </div>`;
}
