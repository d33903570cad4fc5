// What went wrong, one line for each schedule and kind of problem: a schedule that fails every minute is one line.

import { html } from "../lib/h.js";
import { nameOf } from "../lib/names.js";
import { reasonWords } from "../lib/reasons.js";
import { urls } from "../lib/router.js";
import { Status } from "./status.js";
import { Ago } from "./time.js";

/** @typedef {import("../lib/types.js").Problem} Problem */
/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {{ last: Problem, entries: number, times: number }} Group `last` is the latest of them */

/**
 * Put problems of the same kind together, those with the latest first.
 * @param {Problem[]} problems the latest first
 * @returns {Group[]}
 */
export function grouped(problems) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const problem of problems) {
    const name = JSON.stringify([problem.agent_id, problem.schedule_id ?? problem.run_id, problem.type, problem.reason]);
    const group = groups.get(name);
    if (group) {
      group.entries += 1;
      group.times += problem.count;
    } else {
      groups.set(name, { last: problem, entries: 1, times: problem.count });
    }
  }
  return [...groups.values()];
}

/**
 * @param {{ problems?: Problem[], more?: boolean, names: Map<string, string>, agents?: Agent[] }} props
 * `names` has the names of the schedules that are known
 */
export function Problems({ problems, more = false, names, agents }) {
  if (!problems) return html`<p class="loading">Loading…</p>`;
  if (problems.length === 0) return html`<p class="panel-body muted">None.</p>`;
  return html`<ul class="lines">
    ${grouped(problems).map(({ last, times }) => html`<li key=${last.id} class="line">
      <div class="line-head">
        <${Status} state=${last.type} />
        ${times > 1 ? html`<span class="count">${times} times</span>` : null}
        <span class="muted nowrap line-when"><${Ago} at=${last.time} /></span>
      </div>
      <div class="line-name"><${Subject} problem=${last} names=${names} />
        <span class="muted">${nameOf(agents, last.agent_id)}</span></div>
      <${Why} problem=${last} many=${times > 1} />
    </li>`)}
    ${more ? html`<li class="line muted">These are of the latest ${problems.length} entries.</li>` : null}
  </ul>`;
}

/** @param {{ problem: Problem, names: Map<string, string> }} props */
function Subject({ problem, names }) {
  const { agent_id: agent, schedule_id: schedule, run_id: run } = problem;
  if (schedule) return html`<a href=${urls.schedule(agent, schedule)}>${names.get(schedule) || schedule}</a>`;
  return run ? html`<a href=${urls.run(agent, run)}>Run without a schedule</a>` : null;
}

/** @param {{ problem: Problem, many: boolean }} props */
function Why({ problem, many }) {
  const { agent_id: agent, run_id: run, reason, message } = problem;
  const words = message || reasonWords(reason);
  return html`<div class="line-why">
    <span class="two-lines" title=${words}>${words}</span>
    ${run ? html`<a class="nowrap" href=${urls.run(agent, run)}>${many ? "Latest run" : "Look at the run"}</a>` : null}
  </div>`;
}
