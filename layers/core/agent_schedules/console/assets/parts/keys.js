// The API keys of the account, to look at. Operators create and revoke them.

import { get } from "../lib/api.js";
import { now } from "../lib/clock.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { ErrorNote } from "./error.js";
import { Panel } from "./page.js";
import { Status } from "./status.js";
import { Ago, Exact } from "./time.js";

/** @typedef {import("../lib/types.js").ApiKey} ApiKey */

const MOST = 100; // the newest

export function ApiKeys() {
  const { data, error, reload } = useLoad("keys", (signal) => get("/api/v1/keys", { limit: MOST }, signal));
  /** @type {ApiKey[]} */
  const rows = data?.data ?? [];
  return html`<${Panel} title="API keys">
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${!data && !error ? html`<p class="loading">Loading…</p>` : null}
    ${data && rows.length === 0 ? html`<div class="empty"><p>No key of this account is listed.</p></div>` : null}
    ${rows.length > 0 ? html`<table class="table"><thead><tr><th>Key</th><th>Scope</th><th>State</th><th>Last used</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.id}>
        <th scope="row"><div class="table-name"><strong>${row.name ?? "Without a name"}</strong><span class="muted mono">${row.id}</span></div></th>
        <td data-label="Scope"><code>${row.scope}</code></td>
        <td data-label="State"><${State} row=${row} /></td>
        <td data-label="Last used">${row.last_used_at ? html`<${Ago} at=${row.last_used_at} />` : html`<span class="muted">Never</span>`}</td>
      </tr>`)}</tbody></table>` : null}
    ${data ? html`<p class="said muted">${data.has_more ? "There are older keys than these. " : ""}Operators create and revoke keys with ${" "}<code>agent-schedules keys</code>.</p>` : null}
  <//>`;
}

/** @param {{ row: ApiKey }} props */
function State({ row }) {
  if (row.revoked_at) return html`<${Status} state="deleted" word="Revoked" />`;
  if (row.expires_at && Date.parse(row.expires_at) <= now()) return html`<${Status} state="ended" word="Expired" />`;
  return html`<div><${Status} state="active" />${row.expires_at ? html`<div class="muted small">until <${Exact} at=${row.expires_at} /></div>` : null}</div>`;
}
