// One agent: what it does, its configuration, its versions.

import { FIELDS, fieldText } from "../lib/agent_fields.js";
import { call } from "../lib/api.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { agentPath } from "../lib/paths.js";
import { useQuery } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { AgentButtons } from "../parts/agent_actions.js";
import { AgentForm } from "../parts/agent_form.js";
import { AgentVersions } from "../parts/agent_versions.js";
import { AgentRuns, AgentSchedules } from "../parts/agent_work.js";
import { ErrorNote } from "../parts/error.js";
import { Facts } from "../parts/facts.js";
import { Page, Panel } from "../parts/page.js";
import { Status } from "../parts/status.js";
import { Tabs } from "../parts/tabs.js";
import { Ago, Exact } from "../parts/time.js";
import { toast } from "../parts/toast.js";

const TABS = { work: "Work", configuration: "Configuration", versions: "Versions" };

/** @typedef {import("../lib/types.js").Agent} Agent */

/** @param {{ agent_id: string }} props */
export function AgentPage({ agent_id }) {
  const [query] = useQuery();
  const path = agentPath(agent_id);
  const { data, error, reload } = useLoad(path, async (signal) => {
    /** @type {string | null} */
    let etag = null;
    const agent = await call("GET", path, { signal, answered: (headers) => { etag = headers.get("etag"); } });
    return { agent, etag };
  });
  /** @type {Agent | undefined} */
  const agent = data?.agent;
  const kicker = html`<a href="/console/agents">Agents</a>`;
  if (!data || !agent) {
    return html`<${Page} title="Agent" kicker=${kicker}>
      ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<p class="loading">Loading…</p>`}<//>`;
  }
  const props = { agent, etag: data.etag, changed: reload };
  return html`<${Page} title=${agent.name} kicker=${kicker} actions=${html`<${AgentButtons} ...${props} />`}
    subtitle=${html`<span class="row">${agent.deleted_at ? html`<${Status} state="deleted" />` : null}<code>${agent.model}</code>
      <span>version ${agent.version}, changed <${Ago} at=${agent.updated_at} /></span></span>`}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${agent.deleted_at ? html`<div class="note"><p>Deleted <${Exact} at=${agent.deleted_at} />. ${agent.can_restore && agent.retention_expires_at
      ? html`It can be restored until <${Exact} at=${agent.retention_expires_at} />.` : "It can no longer be restored."}</p></div>` : null}
    <${Tabs} tabs=${TABS} chosen=${query.show ?? "work"} label="Parts of the agent"><div class="stack">
      ${query.show === "configuration" ? html`<${Configuration} ...${props} />`
        : query.show === "versions" ? html`<${AgentVersions} ...${props} />` : html`<${Work} agent=${agent} />`}
    </div><//>
  <//>`;
}

/** @param {{ agent: Agent }} props */
function Work({ agent }) {
  return html`<div class="side-by-side">
    <div class="stack">${agent.deleted_at ? null : html`<${AgentSchedules} agent_id=${agent.id} />`}<${AgentRuns} agent_id=${agent.id} /></div>
    <div class="stack"><${Panel} title="About"><${Facts} facts=${[
      agent.description ? ["Description", agent.description] : null,
      agent.instructions ? ["Instructions", html`<div class="text long-text">${agent.instructions}</div>`] : null,
      agent.tools.length > 0 ? ["Tools", agent.tools.map((tool) => String(tool.type ?? "?")).join(", ")] : null,
      ...Object.entries(agent.metadata).map(([name, value]) => /** @type {[string, string]} */ ([name, value])),
      agent.key ? ["Key", html`<code>${agent.key}</code>`] : null,
      ["Id", html`<code>${agent.id}</code>`],
      ["Created", html`<${Exact} at=${agent.created_at} />`],
    ]} /><//></div>
  </div>`;
}

/** @param {{ agent: Agent, etag: string | null, changed: () => void }} props */
function Configuration({ agent, etag, changed }) {
  if (agent.deleted_at || !allows("write")) {
    /** @type {Record<string, any>} */
    const values = agent;
    return html`<${Panel} title="Configuration"><${Facts} facts=${FIELDS.map((name) => {
      const text = fieldText(name, values[name]);
      return text ? [name.replaceAll("_", " "), html`<div class="text">${text}</div>`] : null;
    })} /><//>`;
  }
  /** @param {Record<string, any>} body @param {import("../lib/saving.js").KeyFor} keyFor */
  const save = (body, keyFor) => call("POST", agentPath(agent.id), { body, etag, once: keyFor([body, etag]) });
  /** @param {Agent} now */
  const done = (now) => {
    toast(`Saved as version ${now.version}.`);
    changed();
  };
  return html`<section class="panel panel-body narrow">
    <p class="muted">Saving makes version ${agent.version + 1}. Runs from then on use it; earlier versions stay.</p>
    <${AgentForm} agent=${agent} verb="Save" save=${save} done=${done} stale=${changed} />
  </section>`;
}
