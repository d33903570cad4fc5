// The button that skips one time to come, or takes that back.

import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { schedulePath } from "../lib/paths.js";
import { allows } from "../lib/session.js";
import { exact, zoneShown } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { etagOf } from "./schedule_actions.js";
import { attempt, toast } from "./toast.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */

/** @param {{ schedule: Schedule, at: string, skipped: boolean, changed: () => void }} props `at`: the nominal time */
export function SkipButton({ schedule, at, skipped, changed }) {
  const [busy, setBusy] = useState(false);
  if (!allows("write")) return null;
  const when = exact(at, zoneShown(zoneOf(schedule.schedule)));
  const act = async () => {
    if (busy) return; // it is not disabled, because that would take the focus away
    setBusy(true);
    const verb = skipped ? "unskip" : "skip";
    const body = { scheduled_for: at };
    const done = await attempt(() => call("POST", `${schedulePath(schedule)}/${verb}`, { body, etag: etagOf(schedule), once: newKey() }));
    if (done) toast(skipped ? `It runs on ${when} after all.` : `Skips ${when}.`);
    setBusy(false);
    changed();
  };
  const word = skipped ? "Run it after all" : "Skip";
  return html`<button type="button" class="button button-small" aria-disabled=${String(busy)} onClick=${act} aria-label="${word}: ${when}">${word}</button>`;
}
