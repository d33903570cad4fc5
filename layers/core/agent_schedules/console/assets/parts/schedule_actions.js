// The actions on one schedule: run now, pause, resume, delete. For lists and for the schedule's own page.

import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { withSeconds } from "../lib/local_time.js";
import { schedulePath } from "../lib/paths.js";
import { urls } from "../lib/router.js";
import { useSaving } from "../lib/saving.js";
import { allows } from "../lib/session.js";
import { FormDialog } from "./dialog.js";
import { errorAt } from "./error.js";
import { TextField } from "./field.js";
import { Icon } from "./icon.js";
import { attempt, toast } from "./toast.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {"run" | "pause" | "delete" | null} Open */

/**
 * The ETag of a schedule that a list has shown. Its definition alone changes it, not its runs.
 * @param {Schedule} schedule
 */
export const etagOf = (schedule) => `"g${schedule.generation}"`;

/** @param {Schedule} schedule */
export const titleOf = (schedule) => schedule.name || schedule.key || schedule.id;

/**
 * Buttons with icons alone, or with words.
 * @param {{ schedule: Schedule, changed: () => unknown, gone?: () => unknown, words?: boolean }} props
 * `gone` is called after a deletion
 */
export function ScheduleButtons({ schedule, changed, gone = changed, words = false }) {
  const [open, setOpen] = useState(/** @type {Open} */ (null));
  const { send } = useSaving();
  if (!allows("write") || schedule.status === "deleted") return null;
  const title = titleOf(schedule);
  const close = () => setOpen(null);
  const resume = () => send(async () => {
    const etag = etagOf(schedule);
    if (await attempt(() => call("POST", `${schedulePath(schedule)}/resume`, { etag, once: newKey() }))) toast(`Resumed ${title}.`);
    await changed();
  });
  /** @param {import("./icon.js").IconName} icon @param {string} word @param {() => void} act */
  const button = (icon, word, act) => html`<button type="button" class=${words ? "button" : "button-bare"} onClick=${act}
    title=${words ? null : word} aria-label="${word}: ${title}"><${Icon} name=${icon} /><span class=${words ? null : "button-word"}>${word}</span></button>`;
  return html`
    ${button("play", "Run now", () => setOpen("run"))}
    ${schedule.status === "paused" ? button("resume", "Resume", resume) // the same element as Pause, so that it keeps the focus
      : schedule.status === "active" ? button("pause", "Pause", () => setOpen("pause")) : null}
    ${button("trash", "Delete", () => setOpen("delete"))}
    ${open === "run" ? html`<${RunDialog} schedule=${schedule} close=${close} changed=${changed} />` : null}
    ${open === "pause" ? html`<${PauseDialog} schedule=${schedule} close=${close} changed=${changed} />` : null}
    ${open === "delete" ? html`<${DeleteDialog} schedule=${schedule} close=${close} changed=${changed} gone=${gone} />` : null}`;
}

/** @typedef {{ schedule: Schedule, close: () => void, changed: () => unknown }} DialogProps */

/** @param {DialogProps} props */
function RunDialog({ schedule, close, changed }) {
  const [once] = useState(newKey); // a second try must not start a second run
  const submit = async () => {
    const run = await call("POST", `${schedulePath(schedule)}/trigger`, { once });
    toast(`Started a run of ${titleOf(schedule)}.`, { link: { url: urls.run(run.agent_id, run.id), text: "Look at it" } });
    changed();
  };
  return html`<${FormDialog} title="Run ${titleOf(schedule)} now?" verb="Run now" submit=${submit} close=${close}>
    <p>One run starts at once with the schedule's own input. The coming times stay as they are
      ${schedule.status === "paused" ? ", and the schedule stays paused" : ""}. It counts as a run, but not towards a limit of
      runs.</p>
  <//>`;
}

/** @param {DialogProps} props */
function PauseDialog({ schedule, close, changed }) {
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const zone = schedule.schedule.timezone ?? "UTC"; // an interval has one too, for times such as this
  const submit = async (/** @type {import("../lib/saving.js").KeyFor} */ keyFor) => {
    const body = { ...(reason ? { reason } : {}), ...(until ? { until: withSeconds(until) } : {}) };
    const etag = etagOf(schedule);
    await call("POST", `${schedulePath(schedule)}/pause`, { body, etag, once: keyFor([body, etag]) });
    toast(`Paused ${titleOf(schedule)}.`);
    changed();
  };
  return html`<${FormDialog} title="Pause ${titleOf(schedule)}?" verb="Pause" submit=${submit} changed=${changed} close=${close} fields=${["reason", "until"]}>
    ${(/** @type {Error | null} */ error) => html`
      <p>The times that fall into the pause make no run, and are recorded as skipped.</p>
      <${TextField} label="Reason" value=${reason} set=${setReason} maxLength=${200} placeholder="Optional" autofocus=${true}
        hint="Shown to everyone while it is paused." error=${errorAt(error, "reason")} />
      <${TextField} label="Until" type="datetime-local" value=${until} set=${setUntil} error=${errorAt(error, "until")}
        hint="In ${zone}. It then resumes by itself; leave it empty to resume it yourself." />`}
  <//>`;
}

/** @param {DialogProps & { gone: () => unknown }} props */
function DeleteDialog({ schedule, close, changed, gone }) {
  const submit = async () => {
    await call("DELETE", schedulePath(schedule), { etag: etagOf(schedule) });
    toast(`Deleted ${titleOf(schedule)}.`);
    await gone();
  };
  return html`<${FormDialog} title="Delete ${titleOf(schedule)}?" verb="Delete" danger=${true} submit=${submit} changed=${changed} close=${close}>
    <p>It makes no run from now on, and this cannot be undone. Its past runs stay. It can still be read for 30 days.</p>
  <//>`;
}
