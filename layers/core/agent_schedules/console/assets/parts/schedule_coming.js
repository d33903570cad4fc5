// The next times of a schedule, as the service tells them: those that run, those that do not, and the clock changes.

import { get } from "../lib/api.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { useLoad, useReload } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { zoneOf } from "../lib/timing.js";
import { Loaded } from "./loaded.js";
import { SkipButton } from "./occurrence_skip.js";
import { PreviewTimes } from "./preview_times.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Preview} Preview */

const FIRST = 5;
const MOST = 100;

/** @param {{ schedule: Schedule, changed: () => void }} props */
export function ComingTimes({ schedule, changed }) {
  const [count, setCount] = useState(FIRST);
  const loaded = useLoad(`coming ${schedule.id}`, async (signal) => {
    /** @type {Preview} */
    const preview = await get(`${schedulePath(schedule)}/preview`, { count }, signal);
    return { times: preview.occurrences, more: preview.occurrences.length === count && count < MOST };
  });
  useReload(loaded.reload, JSON.stringify([schedule.generation, schedule.status, schedule.next_run_at, count]));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const more = loaded.data?.more;
  useEffect(() => {
    if (more === false && count > FIRST && document.activeElement === document.body) list.current?.focus(); // it was on the button
  }, [more]);
  const action = (/** @type {Preview["occurrences"][number]} */ one) => (one.skipped === "excluded" ? null
    : html`<${SkipButton} schedule=${schedule} at=${one.at} skipped=${one.skipped !== null} changed=${changed} />`);
  const shown = (/** @type {Preview["occurrences"]} */ times) => html`
    ${schedule.status === "paused" && !schedule.pause?.until ? html`<p class="panel-body muted">These would run if it were resumed now.</p>` : null}
    <${PreviewTimes} times=${times} zone=${zoneOf(schedule.schedule)} action=${action} />
    ${more ? html`<div class="pager"><span></span>
      <button type="button" class="button button-small" onClick=${() => setCount(Math.min(MOST, count * 4))}>Show more</button></div>` : null}`;
  return html`<div ref=${list} tabindex="-1"><${Loaded} of=${loaded}>${(/** @type {{ times: Preview["occurrences"], more: boolean }} */ found) => (
    found.times.length === 0 ? html`<p class="panel-body muted">No time is to come.</p>` : shown(found.times))}<//></div>`;
}
