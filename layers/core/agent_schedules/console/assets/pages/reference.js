// The API reference: made of the description that the server itself gives, without anything from elsewhere.

import { get } from "../lib/api.js";
import { html, useMemo, useRef } from "../lib/h.js";
import { useShortcuts } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { address, useQuery } from "../lib/router.js";
import { isFound, operationsOf, tagsOf } from "../lib/openapi.js";
import { firstSchedule } from "../lib/schedule_snippets.js";
import { ApiOperation, Method } from "../parts/api_operation.js";
import { Icon } from "../parts/icon.js";
import { Loaded } from "../parts/loaded.js";
import { Page } from "../parts/page.js";
import { Coded, Prose } from "../parts/prose.js";
import { Snippets } from "../parts/snippets.js";

/** @typedef {import("../lib/openapi.js").Operation} Operation */

export function Reference() {
  const [query, setQuery] = useQuery();
  const loaded = useLoad("openapi", (signal) => get("/openapi.json", {}, signal));
  const { data } = loaded;
  const operations = useMemo(() => (data ? operationsOf(data) : []), [data]);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  useShortcuts([{ keys: "/", label: "Search", act: () => search.current?.focus() }]);
  const chosen = operations.find((one) => one.id === query.operation);
  const found = operations.filter((one) => isFound(one, query.q ?? ""));
  return html`<${Page} title="API reference" subtitle=${html`What this server answers, by its own <a class="underlined" href="/openapi.json" target="_blank" rel="noopener">openapi.json</a>.`}>
    <${Loaded} of=${loaded}>${() => html`<div class="reference ${chosen ? "reference-chosen" : ""}">
      <div class="reference-list">
        <div class="search" role="search"><${Icon} name="search" /><input ref=${search} class="input" type="search" placeholder="Search operations…"
          aria-label="Search operations" value=${query.q ?? ""}
          onInput=${(/** @type {any} */ event) => setQuery({ q: event.currentTarget.value }, { replace: true })} /></div>
        <${Operations} document=${data} operations=${found} chosen=${chosen?.id} search=${query.q ?? ""} />
      </div>
      <div class="reference-main">
        ${chosen ? html`<a class="reference-back" href=${address("/docs", { q: query.q })}><${Icon} name="left" />All operations</a>
            <${ApiOperation} key=${chosen.id} document=${data} operation=${chosen} />`
          : query.operation ? html`<p>There is no operation <code>${query.operation}</code>.</p>` : html`<${Introduction} document=${data} />`}
      </div>
    </div>`}<//>
  <//>`;
}

/** @param {{ document: any, operations: Operation[], chosen: string | undefined, search: string }} props */
function Operations({ document, operations, chosen, search }) {
  if (operations.length === 0) return html`<p class="muted">No operation matches.</p>`;
  return html`<nav aria-label="Operations">${tagsOf(document).map(({ name, description }) => {
    const of = operations.filter((one) => one.tag === name);
    return of.length === 0 ? null : html`<section key=${name}><h2 title=${description}>${name}</h2><ul>
      ${of.map((one) => html`<li key=${one.id}><a class="reference-link" href=${address("/docs", { q: search, operation: one.id })}
        aria-current=${one.id === chosen ? "page" : null}><${Method} method=${one.method} /><span><${Coded} text=${one.summary} /></span></a></li>`)}</ul></section>`;
  })}</nav>`;
}

/** @param {{ document: any }} props */
function Introduction({ document }) {
  return html`<div class="stack reference-intro">
    <section class="panel panel-body"><${Prose} text=${document.info.description} /></section>
    <section class="stack"><h2>A first schedule</h2><${Snippets} snippets=${firstSchedule()} /></section>
    <section class="panel"><table class="table"><thead><tr><th>Group</th><th>Has</th></tr></thead>
      <tbody>${tagsOf(document).map(({ name, description }) => html`<tr key=${name}><th scope="row"><strong>${name}</strong></th><td data-label="Has">${description}</td></tr>`)}</tbody></table></section>
  </div>`;
}
