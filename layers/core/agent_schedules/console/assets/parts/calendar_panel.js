// A calendar with its controls. The address has the view, the day and the zone, so back and refresh keep them.

import { bounds, daysShown, moved, onDays, titleOfView, VIEWS } from "../lib/calendar.js";
import { useNow } from "../lib/clock.js";
import { html, useMemo } from "../lib/h.js";
import { useShortcuts } from "../lib/keys.js";
import { address, go, here, useQuery } from "../lib/router.js";
import { dayOf, exact, OWN_ZONE, zoneName, zoneShown } from "../lib/time.js";
import { addDays, isZone } from "../lib/zones.js";
import { Month, Week } from "./calendar.js";
import { DayList } from "./calendar_day.js";
import { ErrorNote } from "./error.js";
import { Icon } from "./icon.js";

/** @typedef {import("../lib/calendar.js").View} View */
/** @typedef {{ view: View, day: string, today: string, zone: string, zones: string[], days: string[], from: number, to: number }} Place */

/** Whether a day is in the calendar. @param {string} day */
const isDay = (day) => !Number.isNaN(Date.parse(day)) && addDays(day, 0) === day;

/**
 * Return the view and the day of an address, or the usual ones.
 * @param {Record<string, string>} query
 * @param {string} today
 */
function placeOf(query, today) {
  const view = Object.hasOwn(VIEWS, query.view ?? "") ? /** @type {View} */ (query.view) : "month";
  const asked = query.day ?? "";
  return { view, day: /^(19[7-9]|2[01]\d)\d-\d\d-\d\d$/.test(asked) && isDay(asked) ? asked : today };
}

/**
 * Return what the address asks a calendar for.
 * @param {string | null} [ownZone] the zone of the schedule, for a calendar of one
 * @returns {Place}
 */
export function useCalendarPlace(ownZone = null) {
  const [query] = useQuery();
  const now = useNow(30_000);
  const usual = zoneShown(ownZone);
  const zone = query.zone && isZone(query.zone) ? query.zone : usual;
  const today = dayOf(now, zone);
  const { view, day } = placeOf(query, today);
  const zones = [...new Set([OWN_ZONE, "UTC", ...(ownZone && isZone(ownZone) ? [ownZone] : []), zone])];
  return useMemo(() => {
    const days = daysShown(view, day);
    return { view, day, today, zone, zones, days, ...bounds(days, zone) };
  }, [view, day, today, zone, ownZone]);
}

/**
 * @param {{
 *   place: Place, loaded: import("../lib/load.js").Loaded<import("../lib/calendar_entries.js").Found>, more: () => void,
 *   note?: import("../lib/h.js").Children, extra?: import("./calendar_day.js").Extra,
 * }} props `more` loads more pages. `extra`: see `DayList`
 */
export function CalendarPanel({ place, loaded, more, note, extra }) {
  const { view, day, today, zone, zones, days } = place;
  const [query, setQuery] = useQuery();
  const to = (/** @type {View} */ otherView, /** @type {string} */ otherDay) =>
    address(here.value.path, { ...query, view: otherView, day: otherDay });
  const step = (/** @type {1 | -1} */ by) => to(view, moved(view, day, by));
  /** A key may be pressed again before the page shows what it did, so it counts from the address. @param {1 | -1} by */
  const turn = (by) => {
    const query = Object.fromEntries(here.value.query);
    const now = placeOf(query, today);
    go(address(here.value.path, { ...query, view: now.view, day: moved(now.view, now.day, by) }));
  };
  useShortcuts([
    { keys: "[", label: `Calendar: the ${view} before`, act: () => turn(-1) },
    { keys: "]", label: `Calendar: the ${view} after`, act: () => turn(1) },
    { keys: "t", label: "Calendar: today", act: () => go(to(view, today)) },
  ]);
  const { data, error, loading, reload } = loaded;
  const known = data?.known ?? { from: place.from, to: place.to };
  const shown = useMemo(() => onDays(days, zone, data?.entries ?? []), [days, zone, data]);
  const grid = { days: shown, day, today, zone, known, to };
  return html`<section class="panel cal" aria-label="Calendar" aria-busy=${String(loading || (!data && !error))}>
    <div class="cal-bar">
      <div class="cal-steps">
        <a class="button button-small" href=${step(-1)} aria-label="The ${view} before"><${Icon} name="left" /></a>
        <a class="button button-small" href=${to(view, today)}>Today</a>
        <a class="button button-small" href=${step(1)} aria-label="The ${view} after"><${Icon} name="right" /></a>
      </div>
      <h2 aria-live="polite">${titleOfView(view, day)}</h2>
      <div class="cal-views" role="group" aria-label="View">
        ${Object.entries(VIEWS).map(([name, word]) => html`<a key=${name} class="cal-view" href=${to(/** @type {View} */ (name), day)}
          aria-current=${name === view ? "true" : null}>${word}</a>`)}
      </div>
      <label class="cal-zone"><span>Times in</span>
        <select class="input" value=${zone} onChange=${(/** @type {any} */ event) => setQuery({ zone: event.currentTarget.value }, { replace: true })}>
          ${zones.map((one) => html`<option key=${one} value=${one} selected=${one === zone}>${zoneWords(one, place.from)}</option>`)}
        </select></label>
    </div>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${note}
    ${view === "month" ? html`<${Month} ...${grid} />` : null}
    ${view === "week" ? html`<${Week} ...${grid} />` : null}
    ${view === "day" ? html`<${DayList} day=${shown[0]} zone=${zone} known=${known} extra=${extra} />` : null}
    ${data ? html`<${Rest} place=${place} found=${data} more=${more} />` : html`<p class="cal-rest muted">${error ? "" : "Loading…"}</p>`}
  </section>`;
}

/**
 * @param {string} zone
 * @param {number} at
 */
function zoneWords(zone, at) {
  const short = zoneName(at, zone);
  return zone === short ? zone : `${zone} (${short})`;
}

/** @param {{ place: Place, found: import("../lib/calendar_entries.js").Found, more: () => void }} props */
function Rest({ place, found, more }) {
  const { zone } = place;
  const missing = [
    ...(found.known.from > place.from ? [`What was before ${exact(found.known.from, zone)} is not loaded.`] : []),
    ...(found.idleFrom !== null ? [`Skipped and missed times before ${exact(Math.min(found.idleFrom, place.to), zone)} are not loaded.`] : []),
    ...(found.known.to < place.to ? [`What comes after ${exact(found.known.to, zone)} is not loaded.`] : []),
    ...(found.partial !== null ? ["There are many schedules: what comes of the older ones is not loaded."] : []),
  ];
  if (missing.length === 0) return null;
  return html`<div class="cal-rest"><span>${missing.join(" ")}</span>
    <button type="button" class="button button-small" onClick=${more}>Load more</button></div>`;
}
