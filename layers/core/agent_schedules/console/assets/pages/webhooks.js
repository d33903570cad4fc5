// The webhooks: where events are sent, and whether they arrive.

import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { nameOf, useAgents } from "../lib/names.js";
import { urls, useQuery } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { pageOf } from "../lib/walk.js";
import { eventWords, stateOf } from "../lib/webhook_fields.js";
import { Empty } from "../parts/empty.js";
import { ErrorNote } from "../parts/error.js";
import { Icon } from "../parts/icon.js";
import { Page } from "../parts/page.js";
import { Pager } from "../parts/pager.js";
import { Status } from "../parts/status.js";
import { Ago } from "../parts/time.js";

const LIMIT = 50;
const EVERY = 30; // seconds

/** @typedef {import("../lib/types.js").Webhook} Webhook */

export function Webhooks() {
  const [query] = useQuery();
  const agents = useAgents();
  const after = query.after ?? null;
  const { data, error, reload } = useLoad(`webhooks ${after}`,
    (signal) => pageOf("/api/v1/webhooks", {}, { limit: LIMIT, after, signal }), { every: EVERY });
  /** @type {Webhook[]} */
  const rows = data?.rows ?? [];
  const off = isOff(error);
  return html`<${Page} title="Webhooks" subtitle="Events sent to a URL of yours: a run that failed, a time that was missed."
    actions=${allows("write") && !off ? html`<a class="button button-main" href="/console/webhooks/new"><${Icon} name="plus" />New webhook</a>` : null}>
    ${off ? html`<${Off} message=${error?.message ?? ""} />` : error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${off ? null : html`<section class="panel" aria-label="List of webhooks">
      ${data && rows.length === 0 && !after ? html`<${Empty} title="No webhook yet">
        <p>A webhook posts events to a URL, signed as Standard Webhooks says, and repeats what fails for three days.</p>
        ${allows("write") ? html`<p><a class="button button-main" href="/console/webhooks/new">Create the first webhook</a></p>` : null}<//>` : null}
      ${rows.length > 0 ? html`<table class="table"><thead><tr><th>Webhook</th><th>Events</th><th>Only of</th><th>State</th></tr></thead>
        <tbody>${rows.map((row) => html`<tr key=${row.id}>
          <th scope="row"><div class="table-name"><a href=${urls.webhook(row.id)}>${row.url ?? "Poll webhook"}</a>
            ${row.description ? html`<span class="muted">${row.description}</span>` : null}</div></th>
          <td data-label="Events">${eventWords(row)}</td>
          <td data-label="Only of">${onlyOf(row, agents)}</td>
          <td data-label="State"><${Status} state=${stateOf(row)} />
            ${row.failing_since ? html`<div class="muted small">since <${Ago} at=${row.failing_since} /></div>` : null}</td>
        </tr>`)}</tbody></table>` : null}
      ${!data && !error ? html`<p class="loading">Loading…</p>` : null}
      ${rows.length > 0 ? html`<${Pager} shown=${rows.length} next=${data?.next ?? null}
        what=${rows.length === 1 ? "webhook" : "webhooks"} />` : null}
    </section>`}
  <//>`;
}

/**
 * @param {Webhook} webhook
 * @param {import("../lib/types.js").Agent[] | undefined} agents
 */
function onlyOf(webhook, agents) {
  const found = [
    webhook.agent_id ? nameOf(agents, webhook.agent_id) : null,
    webhook.schedule_id,
    ...Object.entries(webhook.metadata).map(([name, value]) => `${name}: ${value}`),
  ].filter(Boolean);
  return found.length > 0 ? found.join(", ") : html`<span class="muted">Everything</span>`;
}

/** @param {Error | null} error */
const isOff = (error) => error?.message.startsWith("webhooks_off") ?? false;

/** @param {{ message: string }} props */
function Off({ message }) {
  return html`<${Empty} title="Webhooks are off here">
    <p>${message.replace(/^webhooks_off: /, "").replace(/^t/, "T")}.</p>
    <p class="muted">Until then the same events can go to an EventBridge bus, or by mail.</p><//>`;
}
