// Change a schedule.

import { get } from "../lib/api.js";
import { html, useRef } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { schedulePath } from "../lib/paths.js";
import { urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { ErrorNote } from "../parts/error.js";
import { Page } from "../parts/page.js";
import { titleOf } from "../parts/schedule_actions.js";
import { ScheduleForm } from "../parts/schedule_form.js";

/** @typedef {{ schedule: import("../lib/types.js").Schedule, limits: import("../lib/types.js").Limits }} Opened */

/** @param {{ agent_id: string, schedule_id: string }} props */
export function EditSchedule({ agent_id, schedule_id }) {
  const path = schedulePath({ agent_id, id: schedule_id });
  const { data, error, loading, reload } = useLoad(`${path} to change`, async (signal) => {
    const [schedule, limits] = await Promise.all([get(path, {}, signal), get("/api/v1/limits", {}, signal)]);
    return { schedule, limits };
  });
  const opened = useRef(/** @type {Opened | null} */ (null)); // what the user changes, whatever happens meanwhile
  if (data && !loading && opened.current === null) opened.current = data;
  const schedule = opened.current?.schedule;
  const refused = schedule?.status === "deleted" ? "This schedule is deleted." : allows("write") ? null : "Your key reads only.";
  const kicker = html`<a href="/console/schedules">Schedules</a> / <a href=${urls.schedule(agent_id, schedule_id)}>${schedule ? titleOf(schedule) : schedule_id}</a>`;
  return html`<${Page} title="Edit schedule" kicker=${kicker}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    ${schedule && refused ? html`<p class="note">${refused}</p>` : null}
    ${schedule && !refused ? html`<${ScheduleForm} schedule=${schedule} limits=${opened.current?.limits} agents=${[]} />` : null}
    ${!schedule && !error ? html`<p class="loading">Loading…</p>` : null}
  <//>`;
}
