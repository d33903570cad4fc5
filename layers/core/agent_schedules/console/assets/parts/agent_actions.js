// The actions on one agent: run now, delete, restore.

import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { agentPath } from "../lib/paths.js";
import { go, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { AreaField } from "./area.js";
import { FormDialog } from "./dialog.js";
import { errorAt } from "./error.js";
import { Icon } from "./icon.js";
import { Exact } from "./time.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/types.js").Agent} Agent */

/**
 * @param {{ agent: Agent, etag: string | null, changed: () => void }} props
 */
export function AgentButtons({ agent, etag, changed }) {
  const [asked, ask] = useState(/** @type {"run" | "delete" | null} */ (null));
  if (!allows("write")) return null;
  if (agent.deleted_at) return html`<${RestoreButton} agent=${agent} changed=${changed} />`;
  const close = () => ask(null);
  return html`
    <button type="button" class="button" onClick=${() => ask("delete")}><${Icon} name="trash" />Delete</button>
    <a class="button" href=${urls.newSchedule(agent.id)}><${Icon} name="plus" />New schedule</a>
    <button type="button" class="button button-main" onClick=${() => ask("run")}><${Icon} name="play" />Run now</button>
    ${asked === "run" ? html`<${RunDialog} agent=${agent} close=${close} />` : null}
    ${asked === "delete" ? html`<${DeleteDialog} agent=${agent} etag=${etag} close=${close} changed=${changed} />` : null}`;
}

/** @param {{ agent: Agent, close: () => void }} props */
function RunDialog({ agent, close }) {
  const [input, setInput] = useState("");
  const [once, renew] = useState(newKey); // a second try must not start a second run
  const submit = async () => {
    const run = await call("POST", `${agentPath(agent.id)}/runs`, { body: { input }, once });
    go(urls.run(run.agent_id, run.id));
  };
  /** @param {string} value */
  const changed = (value) => {
    setInput(value);
    renew(newKey()); // another input is another run
  };
  return html`<${FormDialog} title="Run ${agent.name} now" verb="Run now" disabled=${input === ""} submit=${submit} close=${close} fields=${["input"]}>
    ${(/** @type {Error | null} */ error) => html`
      <${AreaField} label="Input" value=${input} set=${changed} rows=${6} autofocus=${true} error=${errorAt(error, "input")}
        hint="It is sent to version ${agent.version} of the agent at once, without a schedule." />`}
  <//>`;
}

/** @param {{ agent: Agent, etag: string | null, close: () => void, changed: () => void }} props */
function DeleteDialog({ agent, etag, close, changed }) {
  const submit = async () => {
    await call("DELETE", agentPath(agent.id), { etag });
    toast(`Deleted ${agent.name}.`);
    changed();
  };
  return html`<${FormDialog} title="Delete ${agent.name}?" verb="Delete" danger=${true} submit=${submit} changed=${changed} close=${close}>
    <p>All its schedules are paused, and its runs that are under way are stopped. Its versions and past runs stay.</p>
    <p>You can restore it for a while; its page then says until when. The schedules stay paused until you resume each.</p>
  <//>`;
}

/** @param {{ agent: Agent, changed: () => void, small?: boolean }} props */
export function RestoreButton({ agent, changed, small = false }) {
  const [asked, ask] = useState(false);
  const [once] = useState(newKey);
  const submit = async () => {
    await call("POST", `${agentPath(agent.id)}/restore`, { once });
    toast(`Restored ${agent.name}.`, { link: { url: urls.agent(agent.id), text: "Look at it" } });
    changed();
  };
  if (!allows("write") || !agent.can_restore) return null;
  return html`<button type="button" class="button ${small ? "button-small" : "button-main"}" onClick=${() => ask(true)}
      aria-label="Restore ${agent.name}">Restore</button>
    ${asked ? html`<${FormDialog} title="Restore ${agent.name}?" verb="Restore" submit=${submit} close=${() => ask(false)}>
      <p>It comes back with its versions and runs. Its schedules stay paused until you resume each of them.</p>
      ${agent.retention_expires_at ? html`<p class="muted">This is possible until <${Exact} at=${agent.retention_expires_at} />.</p>` : null}
    <//>` : null}`;
}
