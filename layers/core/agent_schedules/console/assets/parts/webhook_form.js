// A webhook as a form: where its events go, and which ones.

import { useEdited } from "../lib/edited.js";
import { html, useState } from "../lib/h.js";
import { useAgents } from "../lib/names.js";
import { useSaving } from "../lib/saving.js";
import { allows } from "../lib/session.js";
import { bodyOf, changesOf, EVENTS, formOf, NEW } from "../lib/webhook_fields.js";
import { CheckField } from "./area.js";
import { errorAt } from "./error.js";
import { SelectField, TextField } from "./field.js";
import { FormEnd } from "./form_end.js";
import { MetadataField } from "./form_metadata.js";
import { toast } from "./toast.js";

const FIELDS = ["url", "description", "events", "agent_id", "schedule_id", "metadata", "format"];
const GROUPS = { events: ["all", "events"] };

/** @typedef {import("../lib/webhook_fields.js").Form} Form */
/** @typedef {import("../lib/types.js").Webhook} Webhook */

/**
 * @param {{
 *   webhook?: Webhook | null, verb: string,
 *   save: (body: Record<string, any>, keyFor: import("../lib/saving.js").KeyFor) => Promise<any>,
 *   done: (webhook: any) => unknown, stale?: () => unknown, cancel?: () => void,
 * }} props `webhook`: the one that is changed. `save` sends what was changed, or all of a new one. `stale` reads the webhook again
 */
export function WebhookForm({ webhook = null, verb, save, done, stale, cancel }) {
  const agents = useAgents() ?? [];
  const edited = useEdited(webhook ? formOf(webhook) : NEW, GROUPS);
  const { form, base, change: set } = edited;
  const [wrong, setWrong] = useState(/** @type {string | null} */ (null)); // with the metadata
  const { error, busy, send } = useSaving(stale);
  /** @param {keyof Form} name */
  const at = (name) => ({
    value: form[name], set: (/** @type {any} */ value) => set({ [name]: value }), error: errorAt(error, name),
  });
  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    let body = {};
    try {
      body = webhook ? changesOf(form, base) : bodyOf(form);
      setWrong(null);
    } catch (failed) {
      return setWrong(/** @type {Error} */ (failed).message);
    }
    if (Object.keys(body).length === 0) {
      edited.saved(form, base);
      return toast("Nothing to save: the settings are the same.");
    }
    return send(async (keyFor) => {
      const saved = await save(body, keyFor);
      edited.saved(form, webhook ? formOf(saved) : form);
      done(saved);
    });
  };
  /** @type {[string, string][]} */
  const choices = [["", "All agents"], ...agents.map(({ id, name }) => /** @type {[string, string]} */ ([id, name]))];
  if (form.agent_id && !agents.some(({ id }) => id === form.agent_id)) choices.push([form.agent_id, form.agent_id]);
  return html`<form onSubmit=${submitted}>
    <${TextField} label="URL" type="url" required=${true} maxLength=${2000} placeholder="https://…/hooks/agents" ...${at("url")}
      hint="https:// and a public name. Each event is a POST to it." />
    <${TextField} label="Description" maxLength=${500} placeholder="Optional" ...${at("description")} />
    <${Events} form=${form} set=${set} error=${errorAt(error, "events")} />
    <div class="field-pair">
      <${SelectField} label="Agent" options=${choices} ...${at("agent_id")} hint="Only events of this agent." />
      <${TextField} label="Schedule" placeholder="All schedules" ...${at("schedule_id")} hint="The id of a schedule, for its events only." />
    </div>
    <${MetadataField} ...${at("metadata")} error=${wrong ?? errorAt(error, "metadata")} hint="Only events of schedules that have all of it." />
    <${SelectField} label="Format" options=${[["standard", "Standard Webhooks"], ["slack", "Slack, as a text"]]} ...${at("format")}
      hint="Slack takes the text in an incoming webhook." />
    <${CheckField} label="Send the output of completed runs" ...${at("include_output")} hint="The first 32 KB of its text. Otherwise no event has an input or an output." />
    ${webhook || !allows("admin") ? null : html`<${CheckField} label="Events of all users that the account acts for" ...${at("all_users")} hint="It cannot be changed later." />`}
    <${FormEnd} error=${error} fields=${FIELDS} wrong=${wrong !== null} busy=${busy} verb=${verb} disabled=${webhook !== null && !edited.unsaved} edited=${edited}>
      ${cancel ? html`<button type="button" class="button" onClick=${cancel}>Cancel</button>` : null}
    <//>
  </form>`;
}

/** @param {{ form: Form, set: (changes: Partial<Form>) => void, error: string | null }} props */
function Events({ form, set, error }) {
  /** @param {string} type @param {boolean} on */
  const toggle = (type, on) => set({ events: on ? [...form.events, type] : form.events.filter((one) => one !== type) });
  return html`<fieldset class="field ${error ? "field-wrong" : ""}">
    <legend>Events</legend>
    <div class="row">
      <label class="check"><input type="radio" name="all" checked=${form.all} onChange=${() => set({ all: true })} />All but run.started</label>
      <label class="check"><input type="radio" name="all" checked=${!form.all} onChange=${() => set({ all: false })} />These</label>
    </div>
    ${form.all ? null : html`<div class="event-types">${EVENTS.map(([about, types]) => html`<div key=${about}>
      <h3>${about}</h3>
      ${types.map(([type, words]) => html`<label key=${type} class="event-type">
        <input type="checkbox" checked=${form.events.includes(type)} onChange=${(/** @type {any} */ event) => toggle(type, event.currentTarget.checked)} />
        <span><code>${type}</code> <span class="muted">${words}</span></span></label>`)}
    </div>`)}</div>`}
    <div class="field-error" aria-live="polite">${error}</div>
  </fieldset>`;
}
