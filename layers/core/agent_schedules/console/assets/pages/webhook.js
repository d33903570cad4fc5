// One webhook: its deliveries and its settings.

import { call } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { useQuery } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { eventWords, stateOf } from "../lib/webhook_fields.js";
import { Deliveries } from "../parts/deliveries.js";
import { ErrorNote } from "../parts/error.js";
import { Facts } from "../parts/facts.js";
import { Page, Panel } from "../parts/page.js";
import { Status } from "../parts/status.js";
import { Tabs } from "../parts/tabs.js";
import { Ago, Exact } from "../parts/time.js";
import { toast } from "../parts/toast.js";
import { WebhookButtons, webhookPath } from "../parts/webhook_actions.js";
import { WebhookForm } from "../parts/webhook_form.js";
import { Verification } from "../parts/webhook_secret.js";

const TABS = { deliveries: "Deliveries", settings: "Settings", verify: "Verify signatures" };

/** @typedef {import("../lib/types.js").Webhook} Webhook */
/** @typedef {{ webhook: Webhook, etag: string | null, changed: () => void }} Props */

/** @param {{ webhook_id: string }} props */
export function WebhookPage({ webhook_id }) {
  const [query] = useQuery();
  const [tests, count] = useState(0);
  const path = webhookPath(webhook_id);
  const { data, error, reload } = useLoad(path, async (signal) => {
    /** @type {string | null} */
    let etag = null;
    const webhook = await call("GET", path, { signal, answered: (headers) => { etag = headers.get("etag"); } });
    return { webhook, etag };
  }, { every: 30 });
  /** @type {Webhook | undefined} */
  const webhook = data?.webhook;
  const kicker = html`<a href="/console/webhooks">Webhooks</a>`;
  if (!data || !webhook) {
    return html`<${Page} title="Webhook" kicker=${kicker}>
      ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : html`<p class="loading">Loading…</p>`}<//>`;
  }
  const props = { webhook, etag: data.etag, changed: reload };
  return html`<${Page} title=${webhook.url ?? "Poll webhook"} kicker=${kicker}
    actions=${html`<${WebhookButtons} ...${props} tested=${() => count(tests + 1)} />`}
    subtitle=${html`<span class="row"><${Status} state=${stateOf(webhook)} /><span>${eventWords(webhook)}</span></span>`}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    <${Trouble} webhook=${webhook} />
    <${Tabs} tabs=${TABS} chosen=${query.show ?? "deliveries"} label="Parts of the webhook">
      ${query.show === "settings" ? html`<${Settings} ...${props} />`
        : query.show === "verify" ? html`<section class="panel panel-body narrow"><${Verification} /></section>`
          : html`<${Deliveries} webhook=${webhook} since=${tests} />`}
    <//>
  <//>`;
}

/** @param {{ webhook: Webhook }} props */
function Trouble({ webhook }) {
  if (webhook.disabled_reason === "gone") {
    return html`<div class="note note-bad"><p>Disabled: the receiver answered 410, which means that it wants no more events.</p></div>`;
  }
  if (webhook.disabled_reason === "failing") {
    return html`<div class="note note-bad"><p>Disabled: the receiver failed for five days. Repair it, enable the webhook again, and replay
      what is dead.</p></div>`;
  }
  if (webhook.enabled && webhook.failing_since) {
    return html`<div class="note note-warn"><p>Failing since <${Exact} at=${webhook.failing_since} />. What fails is sent again for about
      three days; after five days of failures the webhook is disabled.</p></div>`;
  }
  return null;
}

/** @param {Props} props */
function Settings({ webhook, etag, changed }) {
  /** @param {Record<string, any>} body @param {import("../lib/saving.js").KeyFor} keyFor */
  const save = (body, keyFor) => call("POST", webhookPath(webhook.id), { body, etag, once: keyFor([body, etag]) });
  const done = () => {
    toast("Saved.");
    changed();
  };
  return html`<div class="side-by-side">
    ${allows("write") && !webhook.poll
      ? html`<section class="panel panel-body"><${WebhookForm} webhook=${webhook} verb="Save" save=${save} done=${done} stale=${changed} /></section>`
      : html`<${Panel} title="Settings"><${Facts} facts=${[
          ["Events", webhook.events ? webhook.events.join(", ") : eventWords(webhook)],
          ["Agent", webhook.agent_id ?? "All"], ["Schedule", webhook.schedule_id ?? "All"],
          ...Object.entries(webhook.metadata).map(([name, value]) => /** @type {[string, string]} */ ([name, value])),
          ["Format", webhook.format], ["Output", webhook.include_output ? "Sent" : "Not sent"],
        ]} /><//>`}
    <${Panel} title="About"><${Facts} facts=${[
      ["Id", html`<code>${webhook.id}</code>`],
      webhook.description ? ["Description", webhook.description] : null,
      webhook.all_users ? ["Users", "Events of all users that the account acts for"] : null,
      ["Created", html`<${Exact} at=${webhook.created_at} />`],
      webhook.secret_rotated_at ? ["Secret rotated", html`<${Ago} at=${webhook.secret_rotated_at} />`] : null,
      webhook.expires_at ? ["Ends", html`<${Exact} at=${webhook.expires_at} />`] : null,
    ]} /><//>
  </div>`;
}
