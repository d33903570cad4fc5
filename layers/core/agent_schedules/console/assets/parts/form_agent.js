// Which agent a schedule runs: one of those there are, or a new one that is made with the schedule.

import { html } from "../lib/h.js";
import { LOCAL_KEY } from "../lib/session.js";
import { ComboField } from "./combobox.js";
import { Field, TextField } from "./field.js";

/** @typedef {import("../lib/types.js").Agent} Agent */

const LISTED = 100; // the agents that the console loads

/** The local stack's own model makes the first schedule run at once. */
export const NEW_AGENT = { name: LOCAL_KEY ? "hello" : "", model: LOCAL_KEY ? "echo" : "", instructions: "" };

/**
 * An agent that the list does not have, by its id.
 * @param {string} typed
 * @param {Agent[]} agents
 */
function ofId(typed, agents) {
  return /^agt_\w+$/.test(typed) && !agents.some((agent) => agent.id === typed) ? { value: typed, text: typed, more: "by its id" } : null;
}

/** @param {import("./form_timing.js").Fields & { agents: Agent[] }} props */
export function AgentFields({ form, change, at, agents }) {
  if (!form.newAgent) {
    const known = agents.map((agent) => ({ value: agent.id, text: agent.name, more: agent.model }));
    const options = !form.agent || agents.some((agent) => agent.id === form.agent) ? known : [{ value: form.agent, text: form.agent }, ...known];
    return html`<${ComboField} label="Agent" value=${form.agent} set=${(/** @type {string} */ agent) => change({ agent })} options=${options}
        placeholder="Type a part of its name" error=${at("agent_id")} own=${(/** @type {string} */ typed) => ofId(typed, agents)}
        hint="The saved agent that runs at these times, at its newest version. ${agents.length >= LISTED ? `The newest ${LISTED} are listed; paste the id of another one.` : ""}" />
      <div><button type="button" class="button button-small" onClick=${() => change({ newAgent: NEW_AGENT })}>Make a new agent instead</button></div>`;
  }
  const { newAgent } = form;
  const put = (/** @type {string} */ name) => (/** @type {string} */ value) => change({ newAgent: { ...newAgent, [name]: value } });
  return html`
    ${agents.length === 0 ? html`<p class="muted">There is no agent yet, so this makes the first one with the schedule.</p>` : null}
    <div class="field-pair">
      <${TextField} label="Name of the agent" value=${newAgent.name} set=${put("name")} error=${at("agent.name")} />
      <${TextField} label="Model" value=${newAgent.model} set=${put("model")} error=${at("agent.model")}
        hint=${LOCAL_KEY ? "The local stack has echo, slow-3, fail, incomplete and reject." : "A model that your gateway knows."} />
    </div>
    <${Field} label="Instructions" error=${at("agent.instructions")} control=${(/** @type {object} */ attributes) => html`
      <textarea ...${attributes} class="input" rows="3" placeholder="Optional" value=${newAgent.instructions}
        onInput=${(/** @type {any} */ event) => put("instructions")(event.currentTarget.value)}></textarea>`} />
    ${agents.length > 0 ? html`<div><button type="button" class="button button-small" onClick=${() => change({ newAgent: null })}>
      Choose one that exists</button></div>` : null}`;
}
