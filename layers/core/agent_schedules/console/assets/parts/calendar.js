// A calendar of a month or a week: each day with what ran, what comes, and a change of the clocks.

import { countsOf, daysShown, dayWords } from "../lib/calendar.js";
import { html } from "../lib/h.js";
import { changeWords } from "../lib/zones.js";
import { Counts, countWords, EntryLine } from "./calendar_entry.js";
import { Icon } from "./icon.js";

/** @typedef {import("../lib/calendar.js").Day} Day */

/**
 * @typedef {{
 *   days: Day[], day: string, today: string, zone: string, known: { from: number, to: number },
 *   to: (view: import("../lib/calendar.js").View, day: string) => string,
 * }} Shown
 * `known`: the stretch whose entries are all there. `to` returns the address of a view.
 */

const FEW = { month: 3, week: 14 }; // entries of a day that are shown one by one

/**
 * Whether all entries of a day are loaded.
 * @param {Day} day
 * @param {{ from: number, to: number }} known
 */
export const isKnown = (day, known) => day.end > known.from && day.start < known.to;

/**
 * What screen readers hear of a day.
 * @param {Day} day
 */
function summary(day) {
  const counts = countsOf(day.entries).map(([state, count]) => countWords(state, count));
  return `${dayWords(day.day)}: ${counts.join(", ") || "nothing"}`;
}

/** @param {Shown} props */
export function Month({ days, day, today, zone, known, to }) {
  const weeks = Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
  return html`<table class="cal-month">
    <thead><tr>${daysShown("week", day).map((one) => html`<th key=${one} scope="col">
      <abbr title=${dayWords(one, { weekday: "long" })}>${dayWords(one, { weekday: "short" })}</abbr></th>`)}</tr></thead>
    <tbody>${weeks.map((week) => html`<tr key=${week[0].day}>${week.map((one) => html`<td key=${one.day}
      class="cal-day ${one.day.slice(0, 7) === day.slice(0, 7) ? "" : "cal-other"} ${one.day === today ? "cal-today" : ""}">
      <${DayHead} day=${one} to=${to} number=${true} today=${today} />
      <${Content} day=${one} few=${FEW.month} zone=${zone} known=${known} to=${to} />
    </td>`)}</tr>`)}</tbody>
  </table>`;
}

/** @param {Shown} props */
export function Week({ days, today, zone, known, to }) {
  return html`<ol class="cal-week">
    ${days.map((one) => html`<li key=${one.day} class="cal-day ${one.day === today ? "cal-today" : ""}">
      <${DayHead} day=${one} to=${to} today=${today} />
      <${Content} day=${one} few=${FEW.week} zone=${zone} known=${known} to=${to} />
    </li>`)}
  </ol>`;
}

/** @param {{ day: Day, to: Shown["to"], number?: boolean, today: string }} props */
function DayHead({ day, to, number = false, today }) {
  const words = number ? String(Number(day.day.slice(8))) : dayWords(day.day, { weekday: "short", day: "numeric", month: "short" });
  return html`<div class="cal-head">
    <a class="cal-number" href=${to("day", day.day)} aria-label=${summary(day)} aria-current=${day.day === today ? "date" : null}>${words}</a>
    <${ChangeMark} day=${day} short=${number} />
  </div>`;
}

/**
 * The mark of a day with a change of the clocks, or of a day that does not exist.
 * @param {{ day: Day, short?: boolean }} props
 */
export function ChangeMark({ day, short = false }) {
  if (day.start >= day.end) return html`<span class="cal-change" title="The clocks skip this day"><${Icon} name="late" />Skipped by the clocks</span>`;
  if (!day.change) return null;
  const words = changeWords(day.change);
  const hours = Math.round((day.change.after - day.change.before) / 36_000) / 100;
  const brief = `${hours > 0 ? "+" : "−"}${Math.abs(hours)} h`;
  return html`<span class="cal-change" title=${words}><${Icon} name="late" /><span class=${short ? "visually-hidden" : "cal-long"}>${words}</span>
    ${short ? html`<span aria-hidden="true">${brief}</span>` : null}</span>`;
}

/** @param {{ day: Day, few: number, zone: string, known: Shown["known"], to: Shown["to"] }} props */
function Content({ day, few, zone, known, to }) {
  if (!isKnown(day, known)) return html`<span class="cal-unknown">not loaded</span>`;
  if (day.entries.length === 0) return null;
  const some = day.entries.length <= few;
  const spans = day.entries.filter((entry) => entry.at < day.start || entry.until >= day.end);
  const within = day.entries.filter((entry) => !spans.includes(entry));
  return html`<div class="cal-content ${some ? "cal-few" : "cal-many"}">
    ${some ? html`<ul class="cal-lines">${day.entries.map((entry) => html`<li key=${entry.id}>
      <${EntryLine} entry=${entry} zone=${zone} day=${day} /></li>`)}</ul>` : null}
    <a class="cal-all" href=${to("day", day.day)} tabindex="-1" aria-hidden="true"><${Counts} counts=${countsOf(within)} />
      ${spans.length > 0 ? html`<${Counts} counts=${countsOf(spans.map((entry) => ({ ...entry, count: 1 })))} />` : null}</a>
    ${day.start < known.from || day.end > known.to ? html`<span class="cal-unknown">the rest is not loaded</span>` : null}
  </div>`;
}
