// The actions on one webhook: test, rotate, disable, enable again, delete.

import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { go } from "../lib/router.js";
import { useSaving } from "../lib/saving.js";
import { allows } from "../lib/session.js";
import { FormDialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { attempt, toast } from "./toast.js";
import { SecretDialog } from "./webhook_secret.js";

/** @typedef {import("../lib/types.js").Webhook} Webhook */
/** @typedef {import("../lib/saving.js").KeyFor} KeyFor */

/** @param {string} id */
export const webhookPath = (id) => `/api/v1/webhooks/${encodeURIComponent(id)}`;

/** @param {{ webhook: Webhook, etag: string | null, changed: () => void, tested: () => void }} props */
export function WebhookButtons({ webhook, etag, changed, tested }) {
  const [asked, ask] = useState(/** @type {"rotate" | "delete" | "disable" | null} */ (null));
  const [secret, show] = useState(/** @type {string | null} */ (null));
  const { send } = useSaving();
  if (!allows("write")) return null;
  const path = webhookPath(webhook.id);
  const close = () => ask(null);
  const disable = async (/** @type {KeyFor} */ keyFor) => {
    await call("POST", path, { body: { enabled: false }, etag, once: keyFor(etag) });
    toast("Disabled.");
    changed();
  };
  const enable = () => send(async () => {
    if (await attempt(() => call("POST", path, { body: { enabled: true }, etag, once: newKey() }))) {
      toast("Enabled. Its earlier failures are forgotten.");
    }
    await changed();
  });
  const test = () => send(async () => {
    if (await attempt(() => call("POST", `${path}/test`, { once: newKey() }))) toast("Sent a test. Its delivery is in the list.");
    tested();
  });
  const rotate = async (/** @type {KeyFor} */ keyFor) => {
    const rotated = await call("POST", `${path}/rotate`, { etag, once: keyFor(etag) });
    show(rotated.secret);
    changed();
  };
  const remove = async () => {
    await call("DELETE", path, { etag });
    toast("Deleted the webhook.");
    go("/console/webhooks", { force: true }); // nothing of it can be saved any more
  };
  return html`
    <button type="button" class="button" onClick=${() => ask("delete")}><${Icon} name="trash" />Delete</button>
    <button type="button" class="button" onClick=${() => ask("rotate")}>Rotate the secret</button>
    <button type="button" class="button ${webhook.enabled ? "" : "button-main"}" onClick=${() => (webhook.enabled ? ask("disable") : enable())}>
      ${webhook.enabled ? "Disable" : "Enable again"}</button>
    ${webhook.enabled ? html`<button type="button" class="button button-main" onClick=${test}><${Icon} name="play" />Send a test</button>` : null}
    ${asked === "disable" ? html`<${FormDialog} title="Disable this webhook?" verb="Disable" danger=${true} submit=${disable} changed=${changed} close=${close}>
      <p>It gets no more events. Deliveries that wait are not sent, and count as dead. You can enable it again, and replay
        them for 7 days.</p><//>` : null}
    ${asked === "rotate" ? html`<${FormDialog} title="Rotate the secret?" verb="Rotate" submit=${rotate} changed=${changed} close=${close}>
      <p>The new secret is shown once. For 24 hours each request carries a signature of the old secret too, so replace it in
        the receiver within that time. If the old secret has leaked, make a new webhook instead, and delete this one.</p><//>` : null}
    ${asked === "delete" ? html`<${FormDialog} title="Delete this webhook?" verb="Delete" danger=${true} submit=${remove} changed=${changed} close=${close}>
      <p>Deliveries that wait are not sent. It cannot be restored, and its secret is void.</p><//>` : null}
    ${secret ? html`<${SecretDialog} secret=${secret} rotated=${true} close=${() => show(null)} />` : null}`;
}
