// A new agent.

import { call } from "../lib/api.js";
import { html } from "../lib/h.js";
import { go, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { AgentForm } from "../parts/agent_form.js";
import { ReadsOnly } from "../parts/empty.js";
import { Page } from "../parts/page.js";
import { toast } from "../parts/toast.js";

export function AgentNew() {
  /** @param {Record<string, any>} body @param {import("../lib/saving.js").KeyFor} keyFor */
  const save = (body, keyFor) => call("POST", "/api/v1/agents", { body, once: keyFor(body) });
  /** @param {import("../lib/types.js").Agent} agent */
  const done = (agent) => {
    toast(`Created ${agent.name}.`, { link: { url: urls.newSchedule(agent.id), text: "Give it a schedule" } });
    go(urls.agent(agent.id), { force: true });
  };
  return html`<${Page} title="New agent" kicker=${html`<a href="/console/agents">Agents</a>`}
    subtitle="A saved configuration that schedules and calls run.">
    ${!allows("write") ? html`<${ReadsOnly} to="create an agent" />` : html`<section class="panel panel-body narrow">
      <${AgentForm} verb="Create the agent" save=${save} done=${done} cancel=${() => go("/console/agents")} />
    </section>`}
  <//>`;
}
