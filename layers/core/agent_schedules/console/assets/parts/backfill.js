// Give past times that made no run one run each: first look which these are, then begin.

import { call, newKey } from "../lib/api.js";
import { now } from "../lib/clock.js";
import { html, useState } from "../lib/h.js";
import { localInput, withSeconds } from "../lib/local_time.js";
import { schedulePath } from "../lib/paths.js";
import { reasonWords } from "../lib/reasons.js";
import { useSaving } from "../lib/saving.js";
import { DAY, exact, MINUTE } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { Dialog } from "./dialog.js";
import { errorAt, ErrorNote } from "./error.js";
import { TextField } from "./field.js";
import { etagOf, titleOf } from "./schedule_actions.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").BackfillPlan} BackfillPlan */

const SHOWN = 20;

/** The whole minute before the one of a time. @param {number} at */
const minuteBefore = (at) => at - (at % MINUTE) - MINUTE;

/** @param {{ schedule: Schedule, close: () => void, changed: () => void }} props */
export function BackfillDialog({ schedule, close, changed }) {
  const zone = zoneOf(schedule.schedule) ?? schedule.schedule.timezone ?? "UTC";
  const [from, setFrom] = useState(() => localInput(minuteBefore(Math.max(now() - 7 * DAY, Date.parse(schedule.created_at))), zone));
  const [to, setTo] = useState(() => localInput(minuteBefore(now()), zone));
  const [plan, setPlan] = useState(/** @type {BackfillPlan | null} */ (null));
  const { error, setError, busy, send } = useSaving(() => {
    setPlan(null); // of the schedule as it was
    return changed();
  });

  /** @param {boolean} really */
  const sent = (really) => send(async (keyFor) => {
    const body = { from: withSeconds(from), to: withSeconds(to), ...(really ? { dry_run: false } : {}) };
    const etag = etagOf(schedule);
    const options = really ? { body, etag, once: keyFor([body, etag]) } : { body, once: newKey() };
    const found = await call("POST", `${schedulePath(schedule)}/backfill`, options);
    if (!really) return setPlan(found);
    toast(`${found.count} times of ${titleOf(schedule)} get a run.`);
    changed();
    return close();
  });
  const edited = (/** @type {(value: string) => void} */ set) => (/** @type {string} */ value) => {
    set(value);
    setPlan(null);
    setError(null);
  };
  const atField = errorAt(error, "from") ?? errorAt(error, "to");
  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    void sent(plan !== null && plan.count > 0);
  };
  return html`<${Dialog} title="Backfill ${titleOf(schedule)}" close=${close}>
    <form onSubmit=${submitted}>
      <p>Past times that made no run get one run each, the oldest first, one at a time. First look which these are.</p>
      <div class="field-pair">
        <${TextField} label="From" type="datetime-local" value=${from} set=${edited(setFrom)} error=${errorAt(error, "from")} required=${true} />
        <${TextField} label="Before" type="datetime-local" value=${to} set=${edited(setTo)} error=${errorAt(error, "to")} required=${true} />
      </div>
      <p class="hint">In ${zone}.</p>
      ${error && !atField ? html`<${ErrorNote} error=${error} />` : null}
      ${plan ? html`<${Plan} plan=${plan} zone=${zone} />` : null}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button button-main" disabled=${busy || plan?.count === 0}>${busy ? "One moment…"
          : plan && plan.count > 0 ? `Start ${plan.count} ${plan.count === 1 ? "run" : "runs"}` : "Look"}</button>
      </div>
    </form>
  <//>`;
}

/** @param {{ plan: BackfillPlan, zone: string }} props */
function Plan({ plan, zone }) {
  if (plan.count === 0) return html`<p role="status"><strong>Every time in this stretch has a run.</strong></p>`;
  const left = plan.count - SHOWN;
  const reasons = new Set(plan.occurrences.map((one) => one.reason));
  const [only] = reasons;
  return html`<div role="status"><p><strong>${plan.count === 1 ? "1 time gets" : `${plan.count} times get`} a run:</strong>
      ${reasons.size === 1 ? html` <span class="muted">${reasonWords(only)}</span>` : null}</p></div>
    <ol class="plan" tabindex="0">${plan.occurrences.slice(0, SHOWN).map((one) => html`<li key=${one.scheduled_for}>
      ${exact(one.scheduled_for, zone)} ${reasons.size > 1 ? html`<span class="muted">${reasonWords(one.reason)}</span>` : null}</li>`)}
      ${left > 0 ? html`<li class="muted">and ${left} more</li>` : null}</ol>`;
}
