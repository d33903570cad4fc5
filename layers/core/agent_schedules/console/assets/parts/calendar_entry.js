// One entry of a calendar as a line: its time, its state as a shape and a colour, its name.

import { html } from "../lib/h.js";
import { clock, isWholeMinute } from "../lib/time.js";
import { Icon } from "./icon.js";
import { stateOf } from "./status.js";

/** @typedef {import("../lib/calendar.js").Entry} Entry */

/**
 * @param {string} state
 * @param {number} count
 */
export const countWords = (state, count) => `${count.toLocaleString("en")} ${stateOf(state)[2].toLowerCase()}`;

/**
 * The time of day without the zone, which the calendar names once.
 * @param {number} at
 * @param {string} zone
 * @param {boolean} seconds
 */
function timeOfDay(at, zone, seconds) {
  return clock(at, zone, { seconds: seconds && !isWholeMinute(at) }).split(" ")[0];
}

/**
 * @param {{ entry: Entry, zone: string, day?: import("../lib/calendar.js").Day, seconds?: boolean }} props `day`: where
 * it is shown, for an entry that lasts several days
 */
export function EntryLine({ entry, zone, day, seconds = false }) {
  const [tone, icon, word] = stateOf(entry.state);
  const since = !day || entry.at >= day.start;
  const many = entry.count > 1 ? `${entry.count.toLocaleString("en")} times` : "";
  const words = [entry.title || word, many, entry.reason].filter(Boolean).join(", ");
  const brief = words === word; // the icon says it too, so the word is shown whole or not at all
  const content = html`<${Icon} name=${icon} label=${word} />
    <time datetime=${new Date(entry.at).toISOString()}>${since ? timeOfDay(entry.at, zone, seconds) : "…"}</time>
    <span class=${brief ? "" : "cut"}>${words}</span>`;
  const title = brief ? word : `${word}: ${words}`;
  const look = `cal-line tone-${tone} cal-is-${entry.state} ${brief ? "cal-brief" : ""}`;
  return entry.href
    ? html`<a class=${look} href=${entry.href} title=${title}>${content}</a>`
    : html`<span class=${look} title=${title}>${content}</span>`;
}

/**
 * How many there are of each state.
 * @param {{ counts: [state: string, count: number][] }} props
 */
export function Counts({ counts }) {
  return html`<span class="cal-counts">${counts.map(([state, count]) => {
    const [tone, icon, word] = stateOf(state);
    return html`<span key=${state} class="cal-count tone-${tone}" title=${countWords(state, count)}>
      <${Icon} name=${icon} /><span>${count.toLocaleString("en")}<span class="cal-word"> ${word.toLowerCase()}</span></span></span>`;
  })}</span>`;
}
