// The versions of an agent, what differs between two of them, and the way back to one.

import { FIELDS, fieldText } from "../lib/agent_fields.js";
import { call, get } from "../lib/api.js";
import { diffOf } from "../lib/diff.js";
import { html, useState } from "../lib/h.js";
import { useLoad, useReload } from "../lib/load.js";
import { agentPath } from "../lib/paths.js";
import { useQuery } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { FormDialog } from "./dialog.js";
import { Loaded } from "./loaded.js";
import { Panel } from "./page.js";
import { Exact } from "./time.js";
import { toast } from "./toast.js";

const MOST = 100; // the newest; older ones are in the API

/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {import("../lib/types.js").AgentVersion} Version */

/** @param {{ agent: Agent, etag: string | null, changed: () => void }} props */
export function AgentVersions({ agent, etag, changed }) {
  const [query, setQuery] = useQuery();
  const path = `${agentPath(agent.id)}/versions`;
  const loaded = useLoad(path, (signal) => get(path, { limit: MOST }, signal));
  useReload(loaded.reload, String(agent.version)); // the table stays meanwhile, and with it the focus
  /** @type {Version[]} */
  const versions = loaded.data?.data ?? [];
  const newer = versions.find((one) => String(one.version) === query.newer) ?? versions[0];
  const older = versions.find((one) => String(one.version) === query.older) ?? versions.find((one) => one.version === newer?.version - 1);
  /** @param {string} label @param {"older" | "newer"} name @param {Version | undefined} chosen */
  const choice = (label, name, chosen) => html`<label class="row">${label}
    <select class="input version-choice" onChange=${(/** @type {any} */ event) => setQuery({ [name]: event.currentTarget.value }, { replace: true })}>
      ${versions.map(({ version }) => html`<option key=${version} value=${version} selected=${version === chosen?.version}>Version ${version}</option>`)}
    </select></label>`;
  return html`<${Loaded} of=${loaded}>${() => html`
    <${Panel} title="What changed" more=${versions.length > 1
      ? html`<span class="row">${choice("From", "older", older)}${choice("to", "newer", newer)}</span>` : null}>
      ${older && newer ? html`<${Difference} older=${older} newer=${newer} />`
        : html`<p class="said muted">This is the only version. Each change of the configuration makes another one.</p>`}
    <//>
    <${Panel} title="Versions">
      <table class="table">
        <thead><tr><th>Version</th><th>Made</th><th>Model</th><th><span class="visually-hidden">Actions</span></th></tr></thead>
        <tbody>${versions.map((one) => html`<tr key=${one.version}>
          <th scope="row"><strong>Version ${one.version}</strong>${one.is_current ? html` <span class="count">current</span>` : null}
            ${one.restored_from_version ? html`<div class="muted small">the same as version ${one.restored_from_version}</div>` : null}</th>
          <td data-label="Made"><${Exact} at=${one.created_at} /></td>
          <td data-label="Model"><code>${one.model}</code></td>
          <td><div class="table-buttons">
            ${one.is_current ? null : html`<button type="button" class="button button-small"
              onClick=${() => setQuery({ older: String(one.version), newer: String(agent.version) }, { replace: true })}>Compare</button>`}
            ${one.is_current || agent.deleted_at || !allows("write") ? null : html`<${RollBack} agent=${agent} etag=${etag} to=${one} changed=${changed} />`}
          </div></td>
        </tr>`)}</tbody>
      </table>
    <//>`}<//>`;
}

/** @param {{ older: Version, newer: Version }} props */
function Difference({ older, newer }) {
  /** @type {Record<string, any>[]} */
  const [before, after] = [older, newer];
  const changed = FIELDS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  if (changed.length === 0) return html`<p class="said muted">The two are the same.</p>`;
  return html`<div class="diffs">${changed.map((name) => html`<section key=${name}>
    <h3>${name.replaceAll("_", " ")}</h3>
    <pre class="diff" tabindex="0">${diffOf(fieldText(name, before[name]), fieldText(name, after[name])).map(({ sign, text }, index) =>
      html`<span key=${index} class="diff-line ${sign === "+" ? "diff-added" : sign === "-" ? "diff-removed" : ""}">${sign} ${text}${"\n"}</span>`)}</pre>
  </section>`)}</div>`;
}

/** @param {{ agent: Agent, etag: string | null, to: Version, changed: () => void }} props */
function RollBack({ agent, etag, to, changed }) {
  const [asked, ask] = useState(false);
  const submit = async (/** @type {import("../lib/saving.js").KeyFor} */ keyFor) => {
    const now = await call("POST", `${agentPath(agent.id)}/versions/${to.version}/rollback`, { etag, once: keyFor(etag) });
    toast(`Version ${now.version} is like version ${to.version}.`);
    changed();
  };
  return html`<button type="button" class="button button-small" onClick=${() => ask(true)}
      aria-label="Roll back to version ${to.version}">Roll back</button>
    ${asked ? html`<${FormDialog} title="Roll back to version ${to.version}?" verb="Roll back" submit=${submit} changed=${changed} close=${() => ask(false)}>
      <p>The configuration of version ${to.version} becomes the next version and is used from the next run on. Runs under way
        keep theirs, and no version is lost.</p>
    <//>` : null}`;
}
