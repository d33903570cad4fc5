// Times on the page: seen from now, exact in their zone, and counting down.

import { now, useNow } from "../lib/clock.js";
import { html } from "../lib/h.js";
import { settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { exact, relative, zoneShown } from "../lib/time.js";

/**
 * A time with its date and zone. `zone`: that of its schedule, if it has one.
 * @param {{ at: string, zone?: string | null, seconds?: boolean }} props
 */
export function Exact({ at, zone, seconds = false }) {
  useStore(settings);
  return html`<time class="time" datetime=${at}>${exact(at, zoneShown(zone), { seconds })}</time>`;
}

/**
 * A time as seen from now, with the exact time as its title.
 * @param {{ at: string, zone?: string | null }} props
 */
export function Ago({ at, zone }) {
  useStore(settings);
  useNow(Math.abs(new Date(at).getTime() - now()) < 600_000 ? 1000 : 30_000);
  const title = exact(at, zoneShown(zone), { seconds: true });
  return html`<time class="time" datetime=${at} title=${title}>${relative(at, now())}</time>`;
}

/**
 * The countdown to a time, the time itself, and under it the schedule's own time where that has another zone.
 * @param {{ at: string, zone?: string | null }} props
 */
export function Coming({ at, zone }) {
  useStore(settings);
  const shown = zoneShown(zone);
  const other = zone && exact(at, zone) !== exact(at, shown) ? zone : null;
  return html`<div class="coming">
    <span class="coming-in"><${Ago} at=${at} zone=${zone} /></span>
    <span class="muted coming-at">${exact(at, shown, { year: false })}</span>
    ${other ? html`<span class="muted coming-at">${exact(at, other, { year: false })}</span>` : null}
  </div>`;
}
