// The input, the names, the labels and the policies of a schedule.

import { html, useState } from "../lib/h.js";
import { stepOf } from "../lib/local_time.js";
import { CHOICES, HINTS, NAMES } from "../lib/policies.js";
import { changedPolicies, DEPLOYMENT, POLICY_NAMES } from "../lib/policy_fields.js";
import { Field, SelectField, TextField } from "./field.js";
import { MetadataField } from "./form_metadata.js";

/** @typedef {import("./form_timing.js").Fields} Fields */
/** @typedef {import("../lib/schedule_form.js").Form} Form */

const LONGEST_TEXT = 20_000;
const EXAMPLE = '[{"role": "user", "content": "Write the morning summary."}]';

/** @param {Fields} props */
export function InputField({ form, change, at }) {
  const items = form.inputKind === "items";
  const toItems = () => change({ inputKind: "items", items: form.items || JSON.stringify([{ role: "user", content: form.text }], null, 2) });
  const value = items ? form.items : form.text;
  const hint = items ? "A JSON array of input items of the Responses API." : `${value.length.toLocaleString("en")} of ${LONGEST_TEXT.toLocaleString("en")} characters.`;
  return html`
    <fieldset class="segments"><legend class="visually-hidden">Kind of input</legend>
      <label class="segment"><input type="radio" name="input-kind" checked=${!items} onChange=${() => change({ inputKind: "text" })} /><span>Text</span></label>
      <label class="segment"><input type="radio" name="input-kind" checked=${items} onChange=${toItems} /><span>JSON items</span></label>
    </fieldset>
    <${Field} label=${items ? "Input items" : "What the agent is told"} hint=${hint} error=${at("input")} control=${(/** @type {object} */ attributes) => html`
      <textarea ...${attributes} class="input ${items ? "mono" : ""}" rows=${items ? 10 : 5} spellcheck=${!items} value=${value}
        placeholder=${items ? EXAMPLE : "Write the morning summary."}
        onInput=${(/** @type {any} */ event) => change(items ? { items: event.currentTarget.value } : { text: event.currentTarget.value })}></textarea>`} />`;
}

/** @param {Fields & { keyed: boolean }} props `keyed`: it has a stable key, which cannot be changed */
export function NameFields({ form, change, at, keyed }) {
  return html`
    <div class="field-pair">
      <${TextField} label="Name" value=${form.name} set=${(/** @type {string} */ name) => change({ name })} error=${at("name")} placeholder="Optional" />
      ${keyed ? html`<${Field} label="Stable key" hint="It cannot be changed." control=${(/** @type {object} */ attributes) => html`
          <input ...${attributes} class="input mono" value=${form.key} readonly />`} />`
        : html`<${TextField} label="Stable key" value=${form.key} set=${(/** @type {string} */ key) => change({ key })} error=${at("key")} placeholder="Optional"
          hint="Your own name for it in programs, such as daily-report. It can never be changed." />`}
    </div>
    <${MetadataField} value=${form.metadata} set=${(/** @type {Form["metadata"]} */ metadata) => change({ metadata })} error=${at("metadata")} />`;
}

/** @param {Fields & { limits?: import("../lib/types.js").Limits }} props `limits` of the deployment, for those of a schedule */
export function PolicyFields({ form, change, at, limits }) {
  const changed = changedPolicies(form.policies);
  const put = (/** @type {string} */ name) => (/** @type {string} */ value) => change({ policies: { ...form.policies, [name]: value } });
  const wrong = POLICY_NAMES.some((name) => at(`policies.${name}`));
  const [open, setOpen] = useState(changed > 0);
  const toggled = (/** @type {any} */ event) => setOpen(event.currentTarget.open);
  return html`<details class="policies" open=${wrong || open} onToggle=${toggled}>
    <summary>${changed === 0 ? limits ? "As usual, or as the deployment sets them" : "All as usual: each time runs, also while an earlier run is open" : `${changed} not as usual`}</summary>
    ${limits ? html`<p class="hint">An empty field shows what the deployment sets. A schedule's own value that is the same looks empty too:
      write it to keep it when you change another policy.</p>` : null}
    <div class="policy-grid">${POLICY_NAMES.map((name) => {
      const value = form.policies[name];
      const common = { key: name, label: NAMES[name], value, set: put(name), error: at(`policies.${name}`), hint: HINTS[name] };
      if (CHOICES[name]) {
        const options = Object.entries(CHOICES[name]).map(([one, [short]]) => [one, short]);
        return html`<${SelectField} ...${common} options=${options} hint=${CHOICES[name][value]?.[1]} />`;
      }
      if (name === "exclude") {
        return html`<${Field} ...${common} control=${(/** @type {object} */ attributes) => html`<textarea ...${attributes} class="input mono" rows="3"
          value=${value} spellcheck=${false} onInput=${(/** @type {any} */ event) => put(name)(event.currentTarget.value)}></textarea>`} />`;
      }
      const local = name.endsWith("_at");
      const set = DEPLOYMENT.find((one) => one === name);
      return html`<${TextField} ...${common} placeholder=${limits && set ? String(limits[set]) : undefined} type=${local ? "datetime-local" : "text"} step=${local ? stepOf(value) : undefined} />`;
    })}</div>
  </details>`;
}
