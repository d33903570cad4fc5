// A webhook as a form: where its events go, and which ones.

import { html, useState } from "../lib/h.js";
import { useAgents } from "../lib/names.js";
import { bodyOf, EVENTS } from "../lib/webhook_fields.js";
import { AreaField, CheckField } from "./area.js";
import { errorAt, ErrorNote } from "./error.js";
import { SelectField, TextField } from "./field.js";

const FIELDS = ["url", "description", "events", "agent_id", "schedule_id", "metadata", "format", "include_output", "all_users"];

/** @typedef {import("../lib/webhook_fields.js").Form} Form */

/**
 * @param {{ initial: Form, verb: string, save: (body: Record<string, any>) => Promise<void>, cancel?: () => void }} props
 */
export function WebhookForm({ initial, verb, save, cancel }) {
  const agents = useAgents() ?? [];
  const [form, setForm] = useState(initial);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  /** @param {Partial<Form>} changes */
  const set = (changes) => setForm({ ...form, ...changes });
  /** @param {keyof Form} name */
  const at = (name) => ({
    value: form[name], set: (/** @type {any} */ value) => set({ [name]: value }), error: errorAt(error, name),
  });
  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await save(bodyOf(form));
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
    }
    setBusy(false);
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
    <div class="field-pair">
      <${AreaField} label="Metadata" rows=${2} ...${at("metadata")} hint=${html`Only schedules that have all of it: lines such as <code>team: news</code>.`} />
      <${SelectField} label="Format" options=${[["standard", "Standard Webhooks"], ["slack", "Slack, as a text"]]} ...${at("format")}
        hint="Slack takes the text in an incoming webhook." />
    </div>
    <${CheckField} label="Send the output of completed runs" ...${at("include_output")} hint="The first 32 KB of its text. Otherwise no event has an input or an output." />
    <${CheckField} label="Events of all users that the account acts for" ...${at("all_users")} />
    ${error && !FIELDS.some((name) => errorAt(error, name)) ? html`<${ErrorNote} error=${error} />` : null}
    ${errorAt(error, "include_output") ?? errorAt(error, "all_users") ? html`<${ErrorNote} error=${error} />` : null}
    <div class="row">
      <button type="submit" class="button button-main" disabled=${busy}>${busy ? "One moment…" : verb}</button>
      ${cancel ? html`<button type="button" class="button" onClick=${cancel}>Cancel</button>` : null}
    </div>
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
