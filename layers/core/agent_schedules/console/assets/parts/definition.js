// What a schedule is: its input, its policies with the values in force, its metadata, and the same for a program.

import { html } from "../lib/h.js";
import { isUsual, NAMES, policyWords } from "../lib/policies.js";
import { snippetsOf } from "../lib/schedule_snippets.js";
import { exact, zoneShown } from "../lib/time.js";
import { zoneOf } from "../lib/timing.js";
import { Panel } from "./page.js";
import { Snippets } from "./snippets.js";
import { Exact } from "./time.js";

/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Preview} Preview */

/** @param {{ schedule: Schedule, preview?: Preview }} props */
export function Definition({ schedule, preview }) {
  const zone = zoneOf(schedule.schedule);
  const time = (/** @type {string} */ at) => exact(at, zoneShown(zone));
  const policies = Object.entries(schedule.policies);
  const metadata = Object.entries(schedule.metadata);
  const text = typeof schedule.input === "string" ? schedule.input : JSON.stringify(schedule.input, null, 2);
  const conversation = schedule.conversation === null ? null
    : typeof schedule.conversation === "string" ? schedule.conversation : JSON.stringify(schedule.conversation);
  const { schedule: timing } = schedule;
  return html`<div class="columns">
    <div class="stack">
      <${Panel} title="Input"><pre class="panel-body text input-text" tabindex="0">${text}</pre><//>
      <${Panel} title="For a program"><div class="panel-body"><${Snippets} snippets=${snippetsOf(schedule)} /></div><//>
    </div>
    <div class="stack">
      <${Panel} title="Timing"><dl class="pairs">
        ${timing.type === "cron" ? html`<${Pair} name="Cron"><code>${timing.cron_expression}</code><//>` : null}
        ${timing.type === "interval" ? html`<${Pair} name="Interval">${timing.interval_seconds.toLocaleString("en")} s<//>` : null}
        ${timing.type === "once" ? html`<${Pair} name="At"><${Exact} at=${timing.run_at} zone=${zone} seconds=${true} /><//>` : null}
        ${timing.type === "interval" ? null : html`<${Pair} name="Time zone">${timing.timezone}<//>`}
        <${Pair} name="Precision">${preview?.precision === "second" ? "About a second" : "Within the minute"}<//>
      </dl><//>
      <${Panel} title="Policies"><dl class="pairs">
        ${policies.map(([name, value]) => html`<${Pair} key=${name} name=${NAMES[name] ?? name.replaceAll("_", " ")} quiet=${isUsual(name, value)}>
          ${policyWords(name, value, time)}<//>`)}
      </dl><//>
      <${Panel} title="Names"><dl class="pairs">
        ${schedule.key ? html`<${Pair} name="Stable key"><code>${schedule.key}</code><//>` : null}
        ${metadata.map(([name, value]) => html`<${Pair} key=${name} name=${name}>${value}<//>`)}
        ${conversation ? html`<${Pair} name="Conversation"><code>${conversation}</code><//>` : null}
        ${schedule.previous_response_id ? html`<${Pair} name="Previous response"><code>${schedule.previous_response_id}</code><//>` : null}
        <${Pair} name="Id" quiet=${true}><code>${schedule.id}</code><//>
        <${Pair} name="Agent" quiet=${true}><code>${schedule.agent_id}</code><//>
        <${Pair} name="Created" quiet=${true}><${Exact} at=${schedule.created_at} zone=${zone} /><//>
        <${Pair} name="Changed" quiet=${true}><${Exact} at=${schedule.updated_at} zone=${zone} /><//>
      </dl><//>
    </div>
  </div>`;
}

/** @param {{ name: string, quiet?: boolean, children?: import("../lib/h.js").Children }} props `quiet`: it is as usual */
function Pair({ name, quiet = false, children }) {
  return html`<div class="pair ${quiet ? "pair-quiet" : ""}"><dt>${name}</dt><dd>${children}</dd></div>`;
}
