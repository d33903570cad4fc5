// One delivery: its attempts, the event that is sent, the last answer, and sending it again.

import { call, get, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { allows } from "../lib/session.js";
import { stateWord, tookWords } from "../lib/delivery_words.js";
import { CopyButton } from "./copy.js";
import { Dialog } from "./dialog.js";
import { ErrorNote } from "./error.js";
import { Facts } from "./facts.js";
import { Loaded } from "./loaded.js";
import { Status } from "./status.js";
import { Ago, Exact } from "./time.js";
import { toast } from "./toast.js";
import { webhookPath } from "./webhook_actions.js";

/** @type {Record<string, string>} */
const REASONS = {
  exhausted: "All attempts failed.",
  gone: "The receiver answered 410: it wants no more.",
  webhook_disabled: "The webhook was disabled.",
  webhook_deleted: "The webhook was deleted.",
};

/**
 * @param {{ webhook: import("../lib/types.js").Webhook, id: string, close: () => void, changed: () => void }} props
 */
export function DeliveryDialog({ webhook, id, close, changed }) {
  const path = `${webhookPath(webhook.id)}/deliveries/${encodeURIComponent(id)}`;
  const loaded = useLoad(path, (signal) => get(path, {}, signal), { every: 5 });
  /** @type {import("../lib/types.js").Delivery | undefined} */
  const delivery = loaded.data;
  return html`<${Dialog} title=${delivery ? String(/** @type {any} */ (delivery.event).type) : "Delivery"} close=${close} wide=${true}>
    <${Loaded} of=${loaded}>${(/** @type {import("../lib/types.js").Delivery} */ found) => html`<${Shown} delivery=${found} />`}<//>
    <div class="dialog-buttons">
      ${delivery && allows("write") ? html`<${Replay} path=${path} delivery=${delivery} enabled=${webhook.enabled} changed=${changed} close=${close} />` : null}
      <button type="button" class="button" onClick=${close}>Close</button>
    </div>
  <//>`;
}

/** @param {{ delivery: import("../lib/types.js").Delivery }} props */
function Shown({ delivery }) {
  const body = JSON.stringify(delivery.event, null, 2);
  return html`<div class="stack">
    <${Facts} facts=${[
      ["State", html`<${Status} state=${delivery.status} word=${stateWord(delivery.status)} /> ${delivery.reason ? REASONS[delivery.reason] ?? delivery.reason : ""}`],
      delivery.next_attempt_at ? ["Next attempt", html`<${Ago} at=${delivery.next_attempt_at} />, <${Exact} at=${delivery.next_attempt_at} seconds=${true} />`] : null,
      delivery.replay_of ? ["Replay of", html`<code>${delivery.replay_of}</code>`] : null,
      ["Readable until", html`<${Exact} at=${delivery.expires_at} />`],
      ["Id", html`<code>${delivery.id}</code>`],
    ]} />
    <section><h3>Attempts</h3>
      ${delivery.attempts.length === 0 ? html`<p class="muted">None yet.</p>` : html`<ol class="attempts">
        ${delivery.attempts.map((one) => html`<li key=${one.at}><${Exact} at=${one.at} seconds=${true} />
          <strong class=${one.error ? "tone-text-bad" : "tone-text-ok"}>${one.error ?? `answered ${one.status_code}`}</strong>
          <span class="muted">${tookWords(one)}</span></li>`)}</ol>`}
    </section>
    <section><div class="row spread"><h3>Event</h3><${CopyButton} text=${body} label="the event" /></div>
      <pre class="code" tabindex="0">${body}</pre></section>
    ${delivery.response_body ? html`<section><h3>The receiver's last answer</h3>
      <pre class="code" tabindex="0">${delivery.response_body}</pre></section>` : null}
  </div>`;
}

/**
 * @param {{ path: string, delivery: import("../lib/types.js").Delivery, enabled: boolean, changed: () => void, close: () => void }} props
 */
function Replay({ path, delivery, enabled, changed, close }) {
  const [once] = useState(newKey);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      await call("POST", `${path}/replay`, { once });
      toast("Sent the event again, as a new delivery.");
      changed();
      close();
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
      setBusy(false);
    }
  };
  return html`${error ? html`<${ErrorNote} error=${error} />` : null}
    <button type="button" class="button button-main" disabled=${busy || !enabled || delivery.status === "pending"} onClick=${replay}
      title=${!enabled ? "The webhook is disabled" : delivery.status === "pending" ? "Its attempts go on" : null}>Send again</button>`;
}
