// The members of a schema, each of which unfolds to what is inside of it.

import { html, useState } from "../lib/h.js";
import { insideOf, limitsOf, resolved, typeWords } from "../lib/openapi.js";
import { Coded } from "./prose.js";

/** @typedef {import("../lib/openapi.js").Schema} SchemaNode */

/** @param {{ document: any, schema: SchemaNode, answers?: boolean }} props `answers`: of an answer, which has all members */
export function SchemaTree({ document, schema, answers = false }) {
  const parts = insideOf(document, schema);
  if (parts.length === 0) return html`<p class="muted">${typeWords(document, schema)}</p>`;
  return html`<div class="schema">${parts.map(({ title, members }, index) => html`<div key=${index}>
    ${parts.length > 1 ? html`<div class="schema-title">${index > 0 ? "or " : ""}${title ?? "object"}</div>` : null}
    <ul>${members.map(([name, of, required]) => html`<${Member} key=${name} document=${document} name=${name} of=${of} required=${required && !answers} answers=${answers} />`)}</ul>
  </div>`)}</div>`;
}

/** @param {{ document: any, name: string, of: SchemaNode, required: boolean, answers: boolean }} props */
function Member({ document, name, of, required, answers }) {
  const [open, setOpen] = useState(false);
  const { node } = resolved(document, of);
  const inside = insideOf(document, of).length > 0;
  return html`<li class="member">
    <div class="member-head">
      <code class="member-name">${name}</code>
      <span class="member-type">${typeWords(document, of)}</span>
      ${required ? html`<span class="member-required">required</span>` : null}
      ${inside ? html`<button type="button" class="button button-small" aria-expanded=${String(open)} aria-label="${open ? "Fold" : "Unfold"} ${name}"
        onClick=${() => setOpen(!open)}>${open ? "Fold" : "Unfold"}</button>` : null}
    </div>
    ${node.description ? html`<div class="member-about"><${Coded} text=${node.description} /></div>` : null}
    <${Limits} schema=${node} />
    ${open ? html`<div class="member-inside"><${SchemaTree} document=${document} schema=${of} answers=${answers} /></div>` : null}
  </li>`;
}

/** @param {{ schema: SchemaNode }} props */
export function Limits({ schema }) {
  const limits = limitsOf(schema);
  return limits.length > 0 ? html`<div class="member-limits">${limits.join("; ")}</div>` : null;
}
