// When a schedule runs: a builder for what is usual, with the cron expression next to it.

import { now } from "../lib/clock.js";
import { simpleOf, WEEKDAYS } from "../lib/cron_builder.js";
import { html, useId, useMemo } from "../lib/h.js";
import { stepOf } from "../lib/local_time.js";
import { cronOf, KINDS, UNITS } from "../lib/schedule_form.js";
import { clock } from "../lib/time.js";
import { isZone, zoneNames } from "../lib/zones.js";
import { ComboField } from "./combobox.js";
import { Field, SelectField, TextField } from "./field.js";

/** @typedef {import("../lib/schedule_form.js").Form} Form */
/** @typedef {{ form: Form, change: (changes: Partial<Form>) => void, at: (field: string) => string | null }} Fields
 * `at` returns the API's message about a field. */

/** @param {Fields} props */
export function TimingFields({ form, change, at }) {
  return html`
    <${Kinds} form=${form} change=${change} at=${at} />
    ${form.kind === "once" ? html`<${TextField} label="At" type="datetime-local" value=${form.runAt} set=${(/** @type {string} */ runAt) => change({ runAt })}
      step=${stepOf(form.runAt)} error=${at("schedule.run_at")} hint="In the time zone below." />` : null}
    ${form.kind === "interval" ? html`<${Interval} form=${form} change=${change} at=${at} />` : null}
    ${form.kind === "weekly" ? html`<${Weekdays} form=${form} change=${change} at=${at} />` : null}
    ${form.kind === "once" || form.kind === "interval" ? null : html`<div class=${form.kind === "cron" ? "" : "field-pair"}>
      ${form.kind === "monthly" ? html`<${SelectField} label="Day of the month" value=${form.monthDay}
        set=${(/** @type {string} */ monthDay) => change({ monthDay })} options=${monthDays()}
        hint=${Number(form.monthDay) > 28 ? "Months without this day are left out." : ""} />` : null}
      ${form.kind === "cron" ? null : html`<${TextField} label="Time of day" type="time" value=${form.time}
        set=${(/** @type {string} */ time) => change({ time: time || "00:00" })} />`}
      <${Cron} form=${form} change=${change} at=${at} />
    </div>`}
    <${ZoneField} value=${form.zone} set=${(/** @type {string} */ zone) => change({ zone })} error=${at("schedule.timezone")}
      hint=${form.kind === "interval" ? "That of the first time, and of the times and dates in the policies." : "Its clocks decide, also when they change."} />
    <label class="check"><input type="checkbox" checked=${form.exact} onChange=${() => change({ exact: !form.exact })} />
      <span>Start within about a second of the time, instead of within its minute</span></label>
    <div class="field-error" aria-live="polite">${at("schedule.precision")}</div>`;
}

/** @param {Fields} props */
function Kinds({ form, change }) {
  const name = useId();
  const choose = (/** @type {Form["kind"]} */ kind) => change(kind === "cron" ? { kind, cron: cronOf(form) } : { kind });
  return html`<fieldset class="segments"><legend class="visually-hidden">How often</legend>
    ${KINDS.map(([kind, word]) => html`<label key=${kind} class="segment">
      <input type="radio" name=${name} value=${kind} checked=${form.kind === kind} onChange=${() => choose(kind)} /><span>${word}</span></label>`)}
  </fieldset>`;
}

/** @param {Fields} props */
function Interval({ form, change, at }) {
  return html`<div class="field-pair">
      <${TextField} label="Every" type="number" value=${form.every} set=${(/** @type {string} */ every) => change({ every })} error=${at("schedule.interval_seconds")} />
      <${SelectField} label="Unit" value=${form.unit} set=${(/** @type {string} */ unit) => change({ unit })} options=${UNITS} />
    </div>
    <${TextField} label="First time" type="datetime-local" value=${form.startAt} set=${(/** @type {string} */ startAt) => change({ startAt })}
      step=${stepOf(form.startAt)} error=${at("schedule.start_at")} hint="Optional. The times are counted from it; one in the past only fixes the grid. Empty: one interval from now." />`;
}

/** @param {Fields} props */
function Weekdays({ form, change, at }) {
  const toggle = (/** @type {number} */ day) =>
    change({ weekdays: form.weekdays.includes(day) ? form.weekdays.filter((one) => one !== day) : [...form.weekdays, day] });
  return html`<fieldset class="field"><legend>On</legend><div class="segments">
    ${WEEKDAYS.map(([day, word]) => html`<label key=${day} class="segment">
      <input type="checkbox" checked=${form.weekdays.includes(Number(day))} onChange=${() => toggle(Number(day))} /><span>${word}</span></label>`)}
    </div>
    ${form.weekdays.length === 0 ? html`<div class="field-error" aria-live="polite">${at("weekdays") ?? "Choose at least one day."}</div>` : null}
  </fieldset>`;
}

/** @param {Fields} props */
function Cron({ form, change, at }) {
  const typed = (/** @type {any} */ event) => {
    const cron = event.currentTarget.value;
    change({ cron, ...(form.kind === "cron" ? { kind: "cron" } : simpleOf(cron) ?? { kind: "cron" }) });
  };
  const hint = form.kind === "cron" ? "Minute, hour, day of month, month, day of week. 0 18 LW * * is the last weekday of the month, 0 9 * * MON#1 its first Monday." : "";
  return html`<${Field} label="Cron expression" hint=${hint} error=${at("schedule.cron_expression")} control=${(/** @type {object} */ attributes) => html`
    <input ...${attributes} class="input mono" type="text" value=${cronOf(form)} autocomplete="off" spellcheck=${false} onInput=${typed} />`} />`;
}

/** @returns {[string, string][]} */
function monthDays() {
  return [...Array.from({ length: 31 }, (_, day) => /** @type {[string, string]} */ ([String(day + 1), String(day + 1)])), ["L", "The last day"]];
}

/**
 * A zone that the browser knows and does not list: it lists one name of each, such as the old ones of Asia/Kolkata and
 * Europe/Kyiv. The service takes exact names only.
 * @param {string} typed
 * @param {{ value: string }[]} options
 */
function zoneTyped(typed, options) {
  const name = /[A-Z]/.test(typed) ? typed : typed.replace(/(^|[/_])[a-z]/g, (letter) => letter.toUpperCase());
  const listed = options.some((one) => one.value.toLowerCase() === name.toLowerCase());
  const zone = !listed && (name.includes("/") || name === name.toUpperCase()) && !/^[+-]/.test(name) && isZone(name);
  return zone ? { value: name, text: name } : null;
}

/** @param {{ value: string, set: (zone: string) => void, error: string | null, hint: string }} props */
function ZoneField({ value, set, error, hint }) {
  const options = useMemo(() => {
    const names = zoneNames();
    return (names.includes(value) ? names : [value, ...names]).map((zone) => ({ value: zone, text: zone }));
  }, [value]);
  return html`<${ComboField} label="Time zone" value=${value} set=${set} options=${options} error=${error}
    own=${(/** @type {string} */ typed) => zoneTyped(typed, options)} more=${(/** @type {{ value: string }} */ one) => (isZone(one.value) ? `now ${clock(now(), one.value)}` : "")}
    hint=${hint} />`;
}
