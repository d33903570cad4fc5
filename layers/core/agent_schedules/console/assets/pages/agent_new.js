// A new agent.

import { formOf, NEW } from "../lib/agent_fields.js";
import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { go, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { AgentForm } from "../parts/agent_form.js";
import { ReadsOnly } from "../parts/empty.js";
import { errorAt } from "../parts/error.js";
import { TextField } from "../parts/field.js";
import { Page } from "../parts/page.js";
import { toast } from "../parts/toast.js";

export function AgentNew() {
  const [key, setKey] = useState("");
  /** @param {Record<string, any>} configuration */
  const save = async (configuration) => {
    const agent = await call("POST", "/api/v1/agents", { body: { ...configuration, ...(key ? { key } : {}) }, once: newKey() });
    toast(`Created ${agent.name}.`, { link: { url: urls.newSchedule(agent.id), text: "Give it a schedule" } });
    go(urls.agent(agent.id));
  };
  return html`<${Page} title="New agent" kicker=${html`<a href="/console/agents">Agents</a>`}
    subtitle="A saved configuration that schedules and calls run.">
    ${!allows("write") ? html`<${ReadsOnly} to="create an agent" />` : html`<section class="panel panel-body narrow">
      <${AgentForm} initial=${formOf(NEW)} verb="Create the agent" save=${save} cancel=${() => go("/console/agents")} fields=${["key"]}
        more=${(/** @type {Error | null} */ error) => html`<${TextField} label="Key" value=${key} set=${setKey} error=${errorAt(error, "key")}
          placeholder="Optional" hint="Your own name for it in programs, such as news-digest. It cannot be changed later." />`} />
    </section>`}
  <//>`;
}
