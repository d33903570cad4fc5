// The fields of the filter of the list of schedules: the API's own conditions. They are in the address.

import { now } from "../lib/clock.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { useShortcuts } from "../lib/keys.js";
import { LAST, sizeOf, STATUSES } from "../lib/schedule_filter.js";
import { exact, HOUR, zoneShown } from "../lib/time.js";
import { Icon } from "./icon.js";

const PATIENCE = 300; // milliseconds after the last key
/** The id of the message about a filter with something wrong. */
export const WRONG = "filter-wrong";
const DUE = [["1", "Due within 1 hour"], ["24", "Due within 24 hours"], ["168", "Due within 7 days"]];

/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {Record<string, string>} Query */

/**
 * Return the end of so many hours to come. The address has it and not the hours, so that all pages of the list have the
 * same condition.
 * @param {string} hours
 */
function until(hours) {
  return new Date(now() + Number(hours) * HOUR).toISOString().replace(/\.\d+/, "");
}

/**
 * @param {{
 *   query: Query, filter: import("../lib/schedule_filter.js").Filter, agents: Agent[] | undefined,
 *   setQuery: (changes: Record<string, string | null>, options?: { replace?: boolean }) => void,
 * }} props `filter`: what the query stands for
 */
export function Filters({ query, filter, setQuery, agents }) {
  const [open, setOpen] = useState(false); // on a phone; elsewhere they are always shown
  const used = sizeOf(filter) - (filter.plain.name ? 1 : 0);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  useShortcuts([{ keys: "/", label: "Search by name", act: () => search.current?.focus() }]);
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => setQuery({ [name]: value || null, after: null }, { replace: true });
  const known = agents?.map((agent) => [agent.id, agent.name]) ?? [];
  const chosen = query.agent_id && !known.some(([id]) => id === query.agent_id) ? [[query.agent_id, query.agent_id]] : [];
  const due = filter.wrong.next_run_before ? "" : (query.next_run_before ?? "");
  return html`<div class="search"><${Icon} name="search" />
      <${Typed} label="Name begins with" placeholder="Name begins with…" value=${query.name ?? ""} set=${set("name")} control=${search} type="search" />
    </div>
    <button type="button" class="button filters-button" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>Filters${used > 0 ? ` (${used})` : ""}</button>
    <div class="filters ${open ? "filters-open" : ""}">
    <${Choice} label="Status" value=${query.status} set=${set("status")} options=${STATUSES} any="Any status" />
    <${Choice} label="Agent" value=${query.agent_id} set=${set("agent_id")} options=${[...known, ...chosen]} any="Any agent" />
    <${Choice} label="Last run" value=${query.last_run_status} set=${set("last_run_status")} options=${LAST} any="Any last run" />
    <${Choice} label="Next run" value=${due} set=${(/** @type {string} */ value) => set("next_run_before")(DUE.some(([one]) => one === value) ? until(value) : value)}
      options=${[...(due ? [[due, `Due before ${exact(due, zoneShown())}`]] : []), ...DUE]} any="Any next run" />
    <${Typed} label="Metadata, as key=value" placeholder="Metadata: team=billing" value=${query.metadata ?? ""} set=${set("metadata")}
      wrong=${Boolean(filter.wrong.metadata)} /></div>`;
}

/** @param {{ label: string, value?: string, set: (value: string) => void, options: string[][], any: string }} props */
function Choice({ label, value = "", set, options, any }) {
  return html`<select class="input choice ${value ? "choice-set" : ""}" aria-label=${label} value=${value}
    onChange=${(/** @type {any} */ event) => set(event.currentTarget.value)}>
    <option value="" selected=${value === ""}>${any}</option>
    ${options.map(([one, text]) => html`<option key=${one} value=${one} selected=${one === value}>${text}</option>`)}
  </select>`;
}

/**
 * A text that is set when the user has stopped typing.
 * @param {{
 *   label: string, placeholder: string, value: string, set: (value: string) => void, control?: any, type?: string, wrong?: boolean,
 * }} props `wrong`: the list says why
 */
export function Typed({ label, placeholder, value, set, control, type = "text", wrong = false }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => set(text), PATIENCE);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<input ref=${control} class="input" type=${type} placeholder=${placeholder} aria-label=${label} value=${text}
    aria-invalid=${wrong ? "true" : null} aria-describedby=${wrong ? WRONG : null} autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />`;
}
