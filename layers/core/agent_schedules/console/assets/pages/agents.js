// The agents: found by their names, and the deleted ones, which can be restored for a while.

import { html, useRef } from "../lib/h.js";
import { useShortcuts } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { urls, useQuery } from "../lib/router.js";
import { firstSchedule } from "../lib/schedule_snippets.js";
import { allows } from "../lib/session.js";
import { pageOf } from "../lib/walk.js";
import { RestoreButton } from "../parts/agent_actions.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Loaded } from "../parts/loaded.js";
import { Page } from "../parts/page.js";
import { Pager } from "../parts/pager.js";
import { Typed } from "../parts/schedule_filters.js";
import { Snippets } from "../parts/snippets.js";
import { Ago, Exact } from "../parts/time.js";

const LIMIT = 50;
const EVERY = 60; // seconds

/** @typedef {import("../lib/types.js").Agent} Agent */
/**
 * @template T
 * @typedef {import("../lib/walk.js").Rows<T>} Rows
 */

export function Agents() {
  const [query, setQuery] = useQuery();
  const deleted = query.deleted === "true";
  const wanted = (query.name ?? "").trim().toLowerCase();
  const after = query.after ?? null;
  const loaded = useLoad(`agents ${JSON.stringify([deleted, wanted, after])}`,
    (signal) => pageOf("/api/v1/agents", { deleted: deleted ? "true" : null }, {
      limit: LIMIT, after, signal, keep: wanted ? (/** @type {Agent} */ one) => matches(one, wanted) : undefined,
    }), { every: EVERY });
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  useShortcuts([{ keys: "/", label: "Search", act: () => search.current?.focus() }]);
  return html`<${Page} title="Agents" actions=${allows("write")
    ? html`<a class="button button-main" href="/console/agents/new"><${Icon} name="plus" />New agent</a>` : null}>
    <section class="panel" aria-busy=${String(loaded.loading)} aria-label="List of agents">
      <div class="toolbar" role="search">
        <div class="search"><${Icon} name="search" /><${Typed} control=${search} type="search" value=${query.name ?? ""}
          placeholder="Name, model or key…" label="Name, model or key"
          set=${(/** @type {string} */ name) => setQuery({ name: name || null, after: null }, { replace: true })} /></div>
        <label class="check"><input type="checkbox" checked=${deleted}
          onChange=${() => setQuery({ deleted: deleted ? null : "true", after: null })} />Deleted</label>
      </div>
      <${Loaded} of=${loaded}>${(/** @type {Rows<Agent>} */ { rows, next, unfinished }) => (rows.length === 0 && !after && !next
        ? html`<${None} filtered=${wanted !== ""} deleted=${deleted} />`
        : html`${rows.length === 0 ? null : deleted ? html`<${DeletedTable} rows=${rows} changed=${loaded.reload} />` : html`<${Table} rows=${rows} />`}
          <${Pager} shown=${rows.length} next=${next} unfinished=${unfinished} what=${rows.length === 1 ? "agent" : "agents"} />`)}<//>
    </section>
  <//>`;
}

/**
 * @param {Agent} agent
 * @param {string} wanted in lower case
 */
function matches(agent, wanted) {
  return [agent.name, agent.model, agent.key, agent.id].some((text) => text?.toLowerCase().includes(wanted));
}

/** @param {{ rows: Agent[] }} props */
function Table({ rows }) {
  return html`<table class="table">
    <thead><tr><th>Agent</th><th>Model</th><th>Version</th><th>Changed</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>
      <th scope="row"><div class="table-name"><a href=${urls.agent(row.id)}>${row.name}</a>
        ${row.description ? html`<span class="muted">${row.description.slice(0, 200)}</span>` : null}</div></th>
      <td data-label="Model"><code>${row.model}</code></td>
      <td data-label="Version">${row.version}</td>
      <td data-label="Changed"><${Ago} at=${row.updated_at} /></td>
    </tr>`)}</tbody></table>`;
}

/** @param {{ rows: Agent[], changed: () => void }} props */
function DeletedTable({ rows, changed }) {
  return html`<table class="table">
    <thead><tr><th>Agent</th><th>Deleted</th><th>Can be restored until</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.id}>
      <th scope="row"><div class="table-name"><a href=${urls.agent(row.id)}>${row.name}</a><span class="muted">${row.model}</span></div></th>
      <td data-label="Deleted">${row.deleted_at ? html`<${Ago} at=${row.deleted_at} />` : null}</td>
      <td data-label="Restore until">${row.can_restore && row.retention_expires_at
        ? html`<${Exact} at=${row.retention_expires_at} />` : html`<span class="muted">No longer</span>`}</td>
      <td><div class="table-buttons"><${RestoreButton} agent=${row} changed=${changed} small=${true} /></div></td>
    </tr>`)}</tbody></table>`;
}

/** @param {{ filtered: boolean, deleted: boolean }} props */
function None({ filtered, deleted }) {
  if (filtered) return html`<${Empty} title="No agent matches"><p>The search looks at names, models, keys and ids.</p><//>`;
  if (deleted) return html`<${Empty} title="No deleted agent"><p>A deleted agent is listed here, and can be restored for a while.</p><//>`;
  return html`<${Empty} title="No agent yet">
    <p>An agent is a saved configuration of a model: its instructions, its tools. Schedules and calls run it.</p>
    ${allows("write") ? html`<p><a class="button button-main" href="/console/agents/new">Create the first agent</a></p>` : null}
    <p class="muted">The same for a program, with a first schedule:</p>
    <${Snippets} snippets=${firstSchedule()} />
  <//>`;
}
