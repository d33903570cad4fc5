// The deliveries of a webhook: what became of each event that was sent.

import { answerWords, stateWord } from "../lib/delivery_words.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { address, here, useQuery } from "../lib/router.js";
import { pageOf } from "../lib/walk.js";
import { DeliveryDialog } from "./delivery.js";
import { Empty } from "./empty.js";
import { Loaded } from "./loaded.js";
import { Panel } from "./page.js";
import { Pager } from "./pager.js";
import { Status } from "./status.js";
import { Ago } from "./time.js";
import { webhookPath } from "./webhook_actions.js";

const LIMIT = 30;
const EVERY = 5; // seconds
const STATES = [["", "All"], ["pending", "Waiting"], ["delivered", "Delivered"], ["dead", "Dead"], ["held", "Held"]];

/** @typedef {import("../lib/types.js").Delivery} Delivery */

/** @param {{ webhook: import("../lib/types.js").Webhook, since: number }} props `since`: changes when a test was sent */
export function Deliveries({ webhook, since }) {
  const [query, setQuery] = useQuery();
  const status = query.status ?? null;
  const after = query.after ?? null;
  const path = `${webhookPath(webhook.id)}/deliveries`;
  const loaded = useLoad(`${path} ${JSON.stringify([status, after, since])}`,
    (signal) => pageOf(path, { status }, { limit: LIMIT, after, signal }), { every: EVERY });
  const close = () => setQuery({ delivery: null }, { replace: true, state: here.value.state });
  const filter = html`<label class="row small">Show <select class="input version-choice" value=${status ?? ""}
    onChange=${(/** @type {any} */ event) => setQuery({ status: event.currentTarget.value, after: null })}>
    ${STATES.map(([state, word]) => html`<option key=${state} value=${state} selected=${state === (status ?? "")}>${word}</option>`)}</select></label>`;
  return html`<${Panel} title="Deliveries" more=${filter}>
    <${Loaded} of=${loaded}>${(/** @type {import("../lib/walk.js").Rows<Delivery>} */ { rows, next, unfinished }) => (rows.length === 0 && !next
      ? html`<${Empty} title=${status ? "No such delivery" : "No delivery yet"}>
        <p>${status ? "Deliveries can be read for 7 days after their last change."
          : "Each event that this webhook wants is a delivery here. Send a test to see one."}</p><//>`
      : html`${rows.length > 0 ? html`<table class="table"><thead><tr><th>Event</th><th>State</th><th>Attempts</th><th>Last answer</th><th>When</th></tr></thead>
          <tbody>${rows.map((row) => html`<${Row} key=${row.id} row=${row} />`)}</tbody></table>` : null}
        <${Pager} shown=${rows.length} next=${next} unfinished=${unfinished} what=${rows.length === 1 ? "delivery" : "deliveries"} />`)}<//>
    ${query.delivery ? html`<${DeliveryDialog} key=${query.delivery} webhook=${webhook} id=${query.delivery} close=${close} changed=${loaded.reload} />` : null}
  <//>`;
}

/** @param {{ row: Delivery }} props */
function Row({ row }) {
  const target = address(here.value.path, { ...Object.fromEntries(here.value.query), delivery: row.id });
  const event = /** @type {any} */ (row.event);
  return html`<tr>
    <th scope="row"><div class="table-name"><a href=${target}>${String(event.type)}</a>
      <span class="muted">${row.replay_of ? "a replay" : aboutWords(event.data)}</span></div></th>
    <td data-label="State"><${Status} state=${row.status} word=${stateWord(row.status)} />
      ${row.next_attempt_at ? html`<div class="muted small">again <${Ago} at=${row.next_attempt_at} /></div>` : null}</td>
    <td data-label="Attempts">${row.attempts.length}</td>
    <td data-label="Last answer">${answerWords(row.attempts.at(-1))}</td>
    <td data-label="When"><${Ago} at=${row.created_at} /></td>
  </tr>`;
}

/** @param {any} data of an event */
function aboutWords(data) {
  return String(data?.run_id ?? data?.schedule_id ?? data?.webhook_id ?? "");
}
