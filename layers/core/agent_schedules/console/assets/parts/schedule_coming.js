// The next times of a schedule, as the service tells them: those that run, those that do not, and the clock changes.

import { get } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { useLoad, useReload } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { zoneOf } from "../lib/timing.js";
import { ErrorNote } from "./error.js";
import { SkipButton } from "./occurrence_skip.js";
import { PreviewTimes } from "./preview_times.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Preview} Preview */

const FIRST = 5;
const MOST = 100;

/** @param {{ schedule: Schedule, changed: () => void }} props */
export function ComingTimes({ schedule, changed }) {
  const [count, setCount] = useState(FIRST);
  const { data, error, reload } = useLoad(`coming ${schedule.id} ${count}`, (signal) => get(`${schedulePath(schedule)}/preview`, { count }, signal));
  useReload(reload, JSON.stringify([schedule.generation, schedule.status, schedule.next_run_at]));
  /** @type {Preview | undefined} */
  const preview = data;
  if (error) return html`<${ErrorNote} error=${error} retry=${reload} />`;
  if (!preview) return html`<p class="loading">Loading…</p>`;
  if (preview.occurrences.length === 0) return html`<p class="panel-body muted">No time is to come.</p>`;
  const action = (/** @type {Preview["occurrences"][number]} */ one) => (one.skipped === "excluded" ? null
    : html`<${SkipButton} schedule=${schedule} at=${one.at} skipped=${one.skipped !== null} changed=${changed} />`);
  return html`
    ${schedule.status === "paused" && !schedule.pause?.until ? html`<p class="panel-body muted">These would run if it were resumed now.</p>` : null}
    <${PreviewTimes} times=${preview.occurrences} zone=${zoneOf(schedule.schedule)} action=${action} />
    ${preview.occurrences.length === count && count < MOST ? html`<div class="pager"><span></span>
      <button type="button" class="button button-small" onClick=${() => setCount(Math.min(MOST, count * 4))}>Show more</button></div>` : null}`;
}
