// Times of a preview, one a line. The page of a schedule and the form of a new one show the same.

import { html } from "../lib/h.js";
import { reasonWords } from "../lib/reasons.js";
import { settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { exact, isWholeMinute, zoneShown } from "../lib/time.js";
import { Icon } from "./icon.js";
import { Ago } from "./time.js";

/** @typedef {import("../lib/types.js").Preview["occurrences"][number]} Time */

/**
 * @param {{ times: Time[], zone: string | null, action?: (time: Time) => unknown }} props `zone`: the schedule's own,
 * which comes first because its clocks decide
 */
export function PreviewTimes({ times, zone, action }) {
  useStore(settings);
  return html`<ol class="times">${times.map((one) => html`<${Line} key=${one.at} one=${one} zone=${zone} action=${action} />`)}</ol>`;
}

/** @param {{ one: Time, zone: string | null, action?: (time: Time) => unknown }} props */
function Line({ one, zone, action }) {
  const own = zone ?? zoneShown();
  const other = zoneShown(zone);
  const second = exact(one.at, other, { year: false });
  const first = exact(one.at, own, { seconds: !isWholeMinute(one.at) });
  const late = one.effective_at !== null && one.effective_at !== one.at;
  return html`<li class="time-line ${one.skipped ? "time-skipped" : ""}">
    <div class="time-words">
      <time datetime=${one.at}>${first}</time>
      ${exact(one.at, own, { year: false }) === second ? null : html`<span class="muted">${second}</span>`}
      ${one.skipped ? html`<span class="time-mark"><${Icon} name="skip" />Makes no run: ${reasonWords(one.skipped).replace(/^It/, "it")}</span>` : null}
      ${late && one.effective_at ? html`<span class="time-mark"><${Icon} name="wait" />Spread: due ${exact(one.effective_at, own, { seconds: true, year: false })}</span>` : null}
      ${one.dst_repeated ? html`<span class="time-mark tone-warn"><${Icon} name="late" />The clocks show this time twice that day.</span>` : null}
      ${one.dst_skipped.length > 0 ? html`<span class="time-mark tone-warn"><${Icon} name="late" />${missing(one.dst_skipped)}</span>` : null}
    </div>
    <span class="time-ago muted"><${Ago} at=${one.at} zone=${zone} /></span>
    ${action ? html`<span class="time-action">${action(one)}</span>` : null}
  </li>`;
}

/** @param {string[]} times local ones */
function missing(times) {
  const [first] = times;
  const words = `${first.slice(0, 10)} ${first.slice(11, 16)}`;
  return times.length === 1
    ? `Before it the clocks skip ${words}, which does not run.`
    : `Before it the clocks skip ${times.length} times from ${words} on, which do not run.`;
}
