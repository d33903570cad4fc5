// One operation of the API: what it does, takes and answers.

import { html, useEffect, useRef } from "../lib/h.js";
import { resolved, typeWords } from "../lib/openapi.js";
import { ApiSend } from "./api_send.js";
import { CopyButton } from "./copy.js";
import { Panel } from "./page.js";
import { Coded, Prose } from "./prose.js";
import { Limits, SchemaTree } from "./schema.js";

/** @typedef {import("../lib/openapi.js").Operation} Operation */

/** @param {{ method: string }} props */
export function Method({ method }) {
  return html`<span class="method method-${method.toLowerCase()}">${method === "DELETE" ? "DEL" : method}</span>`;
}

/** @param {{ document: any, operation: Operation }} props */
export function ApiOperation({ document: described, operation }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return html`<article class="operation">
    <header>
      <h2 ref=${heading} tabindex="-1"><${Coded} text=${operation.summary} /></h2>
      <div class="operation-line"><${Method} method=${operation.method} /><code>${operation.path}</code>
        <${CopyButton} text=${() => location.href.split("#")[0]} label="the link to this operation" />
        <a class="button button-small" href="#try-it">Try it</a></div>
      <div class="operation-about"><${Prose} text=${operation.description} /></div>
    </header>
    <div class="operation-columns">
      <div class="stack">
        ${operation.parameters.length > 0 ? html`<${Panel} title="Parameters"><ul class="schema schema-top">
          ${operation.parameters.map((one) => html`<li key=${one.in + one.name} class="member">
            <div class="member-head"><code class="member-name">${one.name}</code>
              <span class="member-type">${typeWords(described, one.schema ?? {})}, in the ${one.in}</span>
              ${one.required ? html`<span class="member-required">required</span>` : null}</div>
            ${one.description ? html`<div class="member-about"><${Coded} text=${one.description} /></div>` : null}
            <${Limits} schema=${one.schema ?? {}} />
          </li>`)}</ul><//>` : null}
        ${operation.body ? html`<${Panel} title="Body" more=${html`<span class="muted small">${operation.bodyRequired ? "required" : "optional"}</span>`}>
          <div class="panel-body"><${SchemaTree} document=${described} schema=${operation.body} /></div><//>` : null}
        <${Panel} title="Answers">${operation.responses.map(([status, response]) => html`<${Response} key=${status} document=${described}
          status=${status} response=${response} />`)}<//>
      </div>
      <div class="operation-send" id="try-it"><${Panel} title="Try it"><div class="panel-body"><${ApiSend} document=${described} operation=${operation} /></div><//></div>
    </div>
  </article>`;
}

/** @param {{ document: any, status: string, response: any }} props */
function Response({ document: described, status, response }) {
  const { node } = resolved(described, response);
  const [type, content] = Object.entries(node.content ?? {})[0] ?? [null, null];
  const headers = Object.keys(node.headers ?? {});
  return html`<details class="response" open=${status.startsWith("2")}>
    <summary><strong class=${status.startsWith("2") ? "tone-text-ok" : "tone-text-bad"}>${status}</strong> <${Coded} text=${node.description ?? ""} /></summary>
    ${headers.length > 0 ? html`<p class="muted small">Headers: ${headers.join(", ")}</p>` : null}
    ${type === "application/json" ? html`<${SchemaTree} document=${described} schema=${/** @type {any} */ (content).schema ?? {}} answers=${true} />`
      : type ? html`<p class="muted">${type}</p>` : null}
  </details>`;
}
