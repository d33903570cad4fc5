// A new webhook. Its secret is shown once, before its page.

import { call } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { go, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { ReadsOnly } from "../parts/empty.js";
import { Page } from "../parts/page.js";
import { WebhookForm } from "../parts/webhook_form.js";
import { SecretDialog } from "../parts/webhook_secret.js";

export function WebhookNew() {
  const [made, show] = useState(/** @type {{ id: string, secret: string } | null} */ (null));
  /** @param {Record<string, any>} body @param {import("../lib/saving.js").KeyFor} keyFor */
  const save = (body, keyFor) => call("POST", "/api/v1/webhooks", { body, once: keyFor(body) });
  return html`<${Page} title="New webhook" kicker=${html`<a href="/console/webhooks">Webhooks</a>`}
    subtitle="A URL of yours that gets events.">
    ${!allows("write") ? html`<${ReadsOnly} to="create a webhook" />` : html`<section class="panel panel-body narrow">
      <${WebhookForm} verb="Create the webhook" save=${save} done=${show} cancel=${() => go("/console/webhooks")} />
    </section>`}
    ${made ? html`<${SecretDialog} secret=${made.secret} close=${() => go(urls.webhook(made.id), { force: true })} />` : null}
  <//>`;
}
