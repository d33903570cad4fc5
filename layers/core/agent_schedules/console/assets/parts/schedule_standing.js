// How a schedule stands: its status, what comes, what was, and the strip of its last outcomes.

import { html } from "../lib/h.js";
import { urls } from "../lib/router.js";
import { zoneOf } from "../lib/timing.js";
import { ofSchedule, Status } from "./status.js";
import { stateOfOccurrence, Strip } from "./strip.js";
import { Ago, Coming, Exact } from "./time.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Occurrence} Occurrence */

/** @param {{ schedule: Schedule, outcomes: Occurrence[] | undefined }} props */
export function Standing({ schedule, outcomes }) {
  const zone = zoneOf(schedule.schedule);
  const last = outcomes?.find((one) => one.run_id !== null && one.run_id === schedule.last_run_id);
  return html`<section class="facts panel" aria-label="How it stands">
    <${Fact} name="Status"><${Status} state=${ofSchedule(schedule.status)} /><//>
    <${Fact} name=${schedule.status === "paused" && schedule.pause?.until ? "Resumes by itself" : "Next run"}><${Next} schedule=${schedule} zone=${zone} /><//>
    <${Fact} name="Last run">${schedule.last_run_at && schedule.last_run_id
      ? html`<a href=${urls.run(schedule.agent_id, schedule.last_run_id)}><${Ago} at=${schedule.last_run_at} zone=${zone} /></a>
          ${last ? html`<${Status} state=${stateOfOccurrence(last)} />` : null}`
      : html`<span class="muted">None yet</span>`}<//>
    <${Fact} name="Runs">${schedule.run_count.toLocaleString("en")}
      ${schedule.remaining_runs === null ? null : html`<span class="muted">${schedule.remaining_runs.toLocaleString("en")} left</span>`}<//>
    <${Fact} name="Last outcomes" wide=${true}>
      <${Strip} agent=${schedule.agent_id} schedule=${schedule.id} zone=${zone} outcomes=${outcomes} /><//>
  </section>`;
}

/** @param {{ name: string, wide?: boolean, children?: import("../lib/h.js").Children }} props */
function Fact({ name, wide = false, children }) {
  return html`<div class="fact ${wide ? "fact-wide" : ""}"><h2>${name}</h2><div class="fact-value">${children}</div></div>`;
}

/** @param {{ schedule: Schedule, zone: string | null }} props */
function Next({ schedule, zone }) {
  if (schedule.status === "active" && schedule.next_run_at) return html`<${Coming} at=${schedule.next_run_at} zone=${zone} />`;
  if (schedule.status === "paused" && schedule.pause?.until) {
    return html`<${Coming} at=${schedule.pause.until} zone=${zone} />`;
  }
  return html`<span class="muted">${schedule.status === "paused" ? "None while it is paused" : "None to come"}</span>`;
}

/**
 * Why it does not run, or what goes on with it.
 * @param {{ schedule: Schedule, stop?: import("../lib/h.js").Children }} props `stop`: a button that ends the backfill
 */
export function Notes({ schedule, stop }) {
  const zone = zoneOf(schedule.schedule);
  const { pause, backfill } = schedule;
  return html`
    ${pause ? html`<div class="note">
      <p><strong>${pause.reason ? html`Paused: “${pause.reason}”` : pause.cause === "agent_deleted" ? "Paused, because its agent was deleted" : "Paused"}</strong></p>
      <p class="muted">${pause.since ? html`Since <${Exact} at=${pause.since} zone=${zone} />` : "Since its agent was deleted"}${pause.by ? `, by ${pause.by}` : ""}${pause.job ? `, in the change of many ${pause.job}` : ""}.
        ${pause.until ? html` It resumes by itself on <${Exact} at=${pause.until} zone=${zone} />.` : " It stays paused until it is resumed."}</p>
    </div>` : null}
    ${schedule.status === "deleted" ? html`<div class="note"><p>This schedule is deleted. It can be read for 30 days
      ${schedule.deleted_at ? html` after <${Exact} at=${schedule.deleted_at} zone=${zone} />` : null}.</p></div>` : null}
    ${backfill ? html`<div class="note" role="status"><p>A backfill is under way. Times up to <${Exact} at=${backfill.after} zone=${zone} /> are
      done; the last one is <${Exact} at=${backfill.until} zone=${zone} />.</p>${stop}</div>` : null}`;
}
