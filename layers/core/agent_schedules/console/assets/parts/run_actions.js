// The actions on one run: cancel it while it is open, run it again when it has ended.

import { call, newKey } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { runPath } from "../lib/paths.js";
import { go, urls } from "../lib/router.js";
import { allows } from "../lib/session.js";
import { FormDialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/types.js").Run} Run */

/** @param {{ completed_at: string | null }} run */
export const isOpen = (run) => run.completed_at === null;

/** @param {{ run: Run, changed: () => void }} props */
export function RunButtons({ run, changed }) {
  const [asked, ask] = useState(/** @type {"cancel" | "retry" | null} */ (null));
  if (!allows("write")) return null;
  const close = () => ask(null);
  return html`
    ${isOpen(run)
      ? html`<button type="button" class="button" onClick=${() => ask("cancel")}><${Icon} name="stop" />Cancel</button>`
      : html`<button type="button" class="button" onClick=${() => ask("retry")}><${Icon} name="run" />Run again</button>`}
    ${asked === "cancel" ? html`<${CancelDialog} run=${run} close=${close} changed=${changed} />` : null}
    ${asked === "retry" ? html`<${RetryDialog} run=${run} close=${close} />` : null}`;
}

/** @param {{ run: Run, close: () => void, changed: () => void }} props */
function CancelDialog({ run, close, changed }) {
  const [once] = useState(newKey);
  const submit = async () => {
    await call("POST", `${runPath(run)}/cancel`, { once });
    toast("Cancelled the run.");
    changed();
  };
  return html`<${FormDialog} title="Cancel this run?" verb="Cancel the run" danger=${true} submit=${submit} close=${close}>
    <p>${run.gateway_response_id
      ? "The gateway is asked to stop. What the agent has done by then stays done, and its tokens are used."
      : "It has not been sent yet, and will not be."} The schedule goes on with its next time.</p>
  <//>`;
}

/** @param {{ run: Run, close: () => void }} props */
function RetryDialog({ run, close }) {
  const [once] = useState(newKey); // a second try must not start a second run
  const submit = async () => {
    const again = await call("POST", `${runPath(run)}/retry`, { once });
    toast("Started the run again.");
    go(urls.run(again.agent_id, again.id));
  };
  return html`<${FormDialog} title="Run this again?" verb="Run again" submit=${submit} close=${close}>
    <p>A new run starts now, with the same input and version ${run.agent_version ?? ""} of the agent. This run stays as it
      is.</p>
  <//>`;
}
