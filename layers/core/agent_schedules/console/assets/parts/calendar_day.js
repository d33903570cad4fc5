// A day of a calendar: hour by hour, as the clocks show them. An hour with many entries is a count that opens.

import { countsOf } from "../lib/calendar.js";
import { html, useState } from "../lib/h.js";
import { clock, HOUR } from "../lib/time.js";
import { changeWords, offsetAt } from "../lib/zones.js";
import { isKnown } from "./calendar.js";
import { Counts, EntryLine } from "./calendar_entry.js";
import { Icon } from "./icon.js";

/** @typedef {import("../lib/calendar.js").Day} Day */
/** @typedef {import("../lib/calendar.js").Entry} Entry */
/** @typedef {(entry: Entry) => unknown} Extra returns what stands behind an entry: a button, for example */

const FEW = 24; // entries of an hour that are shown at once
const STEP = 100;

/**
 * Return the entries by the hours of the local clocks. An hour that comes twice is two.
 * @param {Day} day
 * @param {string} zone
 * @returns {{ start: number, entries: Entry[] }[]}
 */
function byHour(day, zone) {
  /** @type {{ start: number, entries: Entry[] }[]} */
  const hours = [];
  for (const entry of day.entries) {
    const offset = offsetAt(entry.at, zone);
    const start = Math.floor((entry.at + offset) / HOUR) * HOUR - offset;
    const last = hours[hours.length - 1];
    if (last?.start === start) last.entries.push(entry);
    else hours.push({ start, entries: [entry] });
  }
  return hours;
}

/** @param {{ day: Day, zone: string, known: { from: number, to: number }, extra?: Extra }} props */
export function DayList({ day, zone, known, extra }) {
  const { change } = day;
  const within = { ...day, entries: day.entries.filter((entry) => entry.at >= day.start) };
  const earlier = day.entries.filter((entry) => entry.at < day.start);
  const hours = byHour(within, zone);
  const before = change ? hours.filter((hour) => hour.start < change.at) : hours;
  const after = hours.slice(before.length);
  const list = (/** @type {typeof hours} */ some) => some.map(({ start, entries }) => html`<${Hour} key=${start} start=${start}
    entries=${entries} zone=${zone} day=${day} extra=${extra} />`);
  return html`<div class="cal-list">
    ${day.start >= day.end ? html`<${Change} words="The clocks skip this day: it does not exist in ${zone}." />` : null}
    ${earlier.length > 0 ? html`<ul class="cal-hour-lines">${earlier.map((entry) => html`<li key=${entry.id}>
      <${EntryLine} entry=${entry} zone=${zone} day=${day} seconds=${true} /></li>`)}</ul>` : null}
    ${list(before)}
    ${change ? html`<${Change} words=${explained(change)} />` : null}
    ${list(after)}
    ${day.entries.length === 0 && isKnown(day, known) && day.start < day.end ? html`<p class="panel-body muted">Nothing on this day.</p>` : null}
    ${isKnown(day, known) ? null : html`<p class="panel-body muted">This day is not loaded.</p>`}
  </div>`;
}

/** @param {import("../lib/zones.js").ClockChange} change */
function explained(change) {
  const show = (/** @type {number} */ offset) => new Date(change.at + offset).toISOString().slice(11, 16);
  const [low, high] = [change.before, change.after].sort((one, other) => one - other);
  const rule = change.after > change.before
    ? `Times from ${show(low)} to before ${show(high)} do not exist, so none runs then.`
    : `Times from ${show(low)} to before ${show(high)} come twice. A time of day runs at the first.`;
  return `${changeWords(change)}. ${change.after - change.before >= 24 * HOUR ? "" : rule}`;
}

/** @param {{ words: string }} props */
function Change({ words }) {
  return html`<p class="cal-change cal-change-line"><${Icon} name="late" />${words}</p>`;
}

/** @param {{ start: number, entries: Entry[], zone: string, day: Day, extra?: Extra }} props */
function Hour({ start, entries, zone, day, extra }) {
  const [shown, setShown] = useState(entries.length <= FEW ? FEW : 0);
  const some = entries.slice(0, shown);
  const left = entries.length - some.length;
  return html`<section class="cal-hour">
    <h3 class="cal-hour-name">${clock(start, zone)}</h3>
    <div class="cal-hour-content">
      ${some.length > 0 ? html`<ul class="cal-hour-lines">${some.map((entry) => html`<li key=${entry.id}>
        <${EntryLine} entry=${entry} zone=${zone} day=${day} seconds=${true} />${extra ? extra(entry) : null}</li>`)}</ul>` : null}
      ${left > 0 ? html`<div class="cal-hour-more">
        ${shown === 0 ? html`<${Counts} counts=${countsOf(entries)} />` : null}
        <button type="button" class="button button-small" onClick=${() => setShown(shown + STEP)}>
          ${shown === 0 ? `Show ${Math.min(STEP, left)}${left > STEP ? ` of ${left}` : ""}` : `Show ${Math.min(STEP, left)} more`}</button>
      </div>` : null}
    </div>
  </section>`;
}
