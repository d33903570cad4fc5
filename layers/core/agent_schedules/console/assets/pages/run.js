// One run: what came out, why it was, when, and what to do about it.

import { get } from "../lib/api.js";
import { TRIGGERS } from "../lib/failures.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { agentPath, runPath, schedulePath } from "../lib/paths.js";
import { urls } from "../lib/router.js";
import { zoneOf } from "../lib/timing.js";
import { ErrorNote } from "../parts/error.js";
import { Facts } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { Loaded } from "../parts/loaded.js";
import { Page, Panel } from "../parts/page.js";
import { isOpen, RunButtons } from "../parts/run_actions.js";
import { RunError, RunInput, RunOutput, RunUsage } from "../parts/run_texts.js";
import { RunTimes } from "../parts/run_times.js";
import { titleOf } from "../parts/schedule_actions.js";
import { ofRun, Status } from "../parts/status.js";
import { Ago, Exact } from "../parts/time.js";

const EVERY = 3; // seconds between two looks at an open run

/** @typedef {import("../lib/types.js").Run} Run */

/** @param {{ agent_id: string, run_id: string }} props */
export function RunPage({ agent_id, run_id }) {
  const path = runPath({ agent_id, id: run_id });
  /** @type {import("../lib/load.js").Loaded<Run>} */
  const loaded = useLoad(`run ${path}`, (signal) => get(path, {}, signal), {
    every: (/** @type {Run | undefined} */ found) => (found && isOpen(found) ? EVERY : 0),
  });
  const { data: run, error, reload } = loaded;
  if (!run) return html`<${Page} title="Run" kicker=${html`<a href="/console/agents">Agents</a>`}><${Loaded} of=${loaded} /><//>`;
  return html`<${Shown} key=${run.id} run=${run} error=${error} reload=${reload} />`;
}

/** @param {{ run: Run, error: Error | null, reload: () => void }} props */
function Shown({ run, error, reload }) {
  const about = useAbout(run);
  const zone = about?.schedule ? zoneOf(about.schedule.schedule) : null;
  const agent = about?.agent?.name ?? run.agent_id;
  const of = about?.schedule ? titleOf(about.schedule) : agent;
  return html`<${Page} title="Run of ${of}"
    kicker=${html`<a href="/console/agents">Agents</a> / <a href=${urls.agent(run.agent_id)}>${agent}</a>${run.schedule_id
      ? html` / <a href=${urls.schedule(run.agent_id, run.schedule_id)}>${about?.schedule ? of : "Schedule"}</a>` : null}`}
    subtitle=${html`<span class="row"><${Status} state=${ofRun(run)} /> <${Ago} at=${run.completed_at ?? run.created_at} zone=${zone} /></span>`}
    actions=${html`<${RunButtons} run=${run} changed=${reload} />`}>
    ${error ? html`<${ErrorNote} error=${error} retry=${reload} />` : null}
    <${RunError} run=${run} />
    <div class="side-by-side">
      <div class="stack"><${RunOutput} run=${run} /><${RunInput} run=${run} /></div>
      <div class="stack">
        <${Why} run=${run} about=${about} zone=${zone} />
        <${RunTimes} run=${run} reason=${about?.reason ?? null} zone=${zone} />
        <${RunUsage} run=${run} />
      </div>
    </div>
    <${Neighbours} run=${run} about=${about} zone=${zone} />
  <//>`;
}

/** @param {{ run: Run, about: About | undefined, zone: string | null }} props */
function Why({ run, about, zone }) {
  const metadata = Object.entries(run.metadata ?? {});
  return html`<${Panel} title="Why it ran"><${Facts} facts=${[
    ["Started by", TRIGGERS[run.trigger] ?? run.trigger],
    run.schedule_id ? ["Schedule", html`<a href=${urls.schedule(run.agent_id, run.schedule_id)}>${about?.schedule ? titleOf(about.schedule) : run.schedule_id}</a>`] : null,
    run.scheduled_for ? ["For", html`<${Exact} at=${run.scheduled_for} zone=${zone} seconds=${true} />`] : null,
    about?.waits ? ["Waits for", "another run of the schedule to end"] : null,
    run.retry_of ? ["Repeats", html`<a href=${urls.run(run.agent_id, run.retry_of)}>an earlier run</a>`] : null,
    ["Agent", html`<a href=${urls.agent(run.agent_id)}>${about?.agent?.name ?? run.agent_id}</a>${run.agent_version === null ? "" : `, version ${run.agent_version}`}`],
    run.conversation ? ["Conversation", html`<code>${typeof run.conversation === "string" ? run.conversation : JSON.stringify(run.conversation)}</code>`] : null,
    run.previous_response_id ? ["After response", html`<code>${run.previous_response_id}</code>`] : null,
    metadata.length > 0 ? ["Metadata", metadata.map(([name, value]) => html`<div key=${name}><code>${name}</code> ${value}</div>`)] : null,
    ["Run", html`<code>${run.id}</code>`],
    run.gateway_response_id ? ["Response", html`<code>${run.gateway_response_id}</code>`] : null,
  ]} /><//>`;
}

/** @param {{ run: Run, about: About | undefined, zone: string | null }} props */
function Neighbours({ run, about, zone }) {
  if (!about?.before && !about?.after) return null;
  return html`<nav class="neighbours" aria-label="Other runs">
    ${about.before ? html`<a class="button" href=${urls.run(run.agent_id, about.before.id)}><${Icon} name="left" />Previous run
      <span class="muted"><${Ago} at=${dueOf(about.before)} zone=${zone} /></span></a>` : html`<span></span>`}
    ${about.after ? html`<a class="button" href=${urls.run(run.agent_id, about.after.id)}>Next run
      <span class="muted"><${Ago} at=${dueOf(about.after)} zone=${zone} /></span><${Icon} name="right" /></a>` : null}
  </nav>`;
}

/**
 * @typedef {{
 *   agent: import("../lib/types.js").Agent | null, schedule: import("../lib/types.js").Schedule | null,
 *   reason: string | null, waits: boolean,
 *   before: import("../lib/types.js").RunSummary | null, after: import("../lib/types.js").RunSummary | null,
 * }} About What is around a run.
 */

/** @param {{ scheduled_for: string | null, created_at: string }} run */
const dueOf = (run) => run.scheduled_for ?? run.created_at;

/**
 * Load what is around a run. A part that is missing, such as a deleted agent's schedule, is null.
 * @param {Run} run
 * @returns {About | undefined}
 */
function useAbout(run) {
  const name = `about ${run.agent_id} ${run.id} ${isOpen(run)}`;
  return useLoad(name, async (signal) => {
    const agent = agentPath(run.agent_id);
    const schedule = schedulePath({ agent_id: run.agent_id, id: run.schedule_id ?? "" });
    const among = { agent_id: run.agent_id, schedule_id: run.schedule_id, view: "summary" };
    /** @param {string} path @param {Record<string, any>} [query] */
    const maybe = (path, query) => get(path, query, signal).catch((error) => {
      if (error.status !== 404 && error.status !== 409) throw error;
      return null;
    });
    const [ofAgent, ofSchedule, occurrence, earlier, later] = await Promise.all([
      maybe(agent),
      run.schedule_id ? maybe(schedule) : null,
      run.schedule_id && run.scheduled_for && (run.trigger === "backfill" || isOpen(run))
        ? maybe(`${schedule}/occurrences/${encodeURIComponent(run.scheduled_for)}`) : null,
      maybe("/api/v1/runs", { ...among, to: dueOf(run), limit: 1 }),
      maybe("/api/v1/runs", { ...among, from: dueOf(run), order: "asc", limit: 2 }),
    ]);
    return {
      agent: ofAgent,
      schedule: ofSchedule,
      reason: occurrence?.reason ?? null,
      waits: occurrence?.outcome === "queued",
      before: earlier?.data[0] ?? null,
      after: later?.data.find((/** @type {Run} */ one) => one.id !== run.id) ?? null,
    };
  }).data;
}
