// The last outcomes of a schedule as a strip, the newest at the right. Shape and height differ, not the colour alone.

import { html } from "../lib/h.js";
import { urls } from "../lib/router.js";
import { settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { exact, zoneShown } from "../lib/time.js";
import { stateOf } from "./status.js";

/** @typedef {import("../lib/types.js").Occurrence} Occurrence */

export const SHOWN = 30;

/** @param {Occurrence} one */
export const stateOfOccurrence = (one) => (one.outcome === "ran" ? (one.run_status ?? "ran") : one.outcome);

/**
 * @param {{ agent: string, schedule: string, zone?: string | null, outcomes: Occurrence[] | undefined }} props
 * `outcomes`: the newest first, as the API lists them; undefined while they are loaded
 */
export function Strip({ agent, schedule, zone, outcomes }) {
  useStore(settings);
  if (!outcomes) return html`<span class="strip strip-empty" aria-label="Loading outcomes"></span>`;
  if (outcomes.length === 0) return html`<span class="muted">No outcome yet</span>`;
  const shown = outcomes.slice(0, SHOWN).reverse();
  return html`<ol class="strip" aria-label="The last ${shown.length} outcomes, the newest last">
    ${shown.map((one) => html`<${Cell} key=${one.id} one=${one} agent=${agent} schedule=${schedule} zone=${zone} />`)}
  </ol>`;
}

/** @param {{ one: Occurrence, agent: string, schedule: string, zone?: string | null }} props */
function Cell({ one, agent, schedule, zone }) {
  const state = stateOfOccurrence(one);
  const [tone, , word] = stateOf(state);
  const when = exact(one.scheduled_for, zoneShown(zone));
  const many = one.count > 1 ? ` (${one.count} times)` : "";
  const label = `${word}${many}${one.reason ? `, ${one.reason.replaceAll("_", " ")}` : ""}: ${when}`;
  const target = one.run_id ? urls.run(agent, one.run_id) : urls.schedule(agent, schedule);
  return html`<li><a class="cell tone-${tone} cell-${state}" href=${target} title=${label} aria-label=${label}></a></li>`;
}
