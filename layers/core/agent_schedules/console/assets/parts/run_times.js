// When the steps of a run were, and why it was late.

import { html } from "../lib/h.js";
import { stepsOf, whyLate } from "../lib/lateness.js";
import { precise } from "../lib/time.js";
import { Panel } from "./page.js";
import { Exact } from "./time.js";

const LONG = 5_000; // milliseconds

/** @param {{ run: import("../lib/types.js").Run, reason: string | null, zone: string | null }} props */
export function RunTimes({ run, reason, zone }) {
  const steps = stepsOf(run, reason);
  const late = whyLate(run, steps);
  return html`<${Panel} title="Times">
    ${late ? html`<div class="why-late"><strong>Why so late?</strong><p>${late}</p></div>` : null}
    <ol class="steps">
      ${steps.map((step, index) => html`<li key=${step.name} class=${step.gap > LONG && step.name !== "Ended" ? "step-long" : ""}>
        <span class="step-head"><strong>${step.name}</strong>
          ${index > 0 ? html`<span class="step-gap">+${precise(step.gap)}</span>` : null}</span>
        <${Exact} at=${step.at} zone=${zone} seconds=${true} />
        <span class="muted">${step.why}</span>
      </li>`)}
    </ol>
  <//>`;
}
