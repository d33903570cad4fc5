// The same thing as the page's button does, for a program: curl, the SDK and the command line, to copy.

import { html, useId, useState } from "../lib/h.js";
import { LOCAL_KEY } from "../lib/session.js";
import { Icon } from "./icon.js";
import { attempt, toast } from "./toast.js";

/** @param {{ snippets: Record<string, string> }} props by name, in the order of the tabs */
export function Snippets({ snippets }) {
  const names = Object.keys(snippets);
  const [chosen, choose] = useState(names[0]);
  const id = useId();
  const copy = async () => {
    if (await attempt(() => navigator.clipboard.writeText(snippets[chosen]))) toast("Copied.");
  };
  /** @param {KeyboardEvent} event */
  const moved = (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length];
    choose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return html`<div class="snippets">
    <div class="tabs">
      <div class="row" role="tablist" aria-label="Ways to do the same" onKeyDown=${moved}>${names.map((name) => html`<button key=${name} type="button" role="tab" id="${id}-${name}" class="tab"
        aria-selected=${String(name === chosen)} aria-controls=${id} tabindex=${name === chosen ? 0 : -1}
        onClick=${() => choose(name)}>${name}</button>`)}</div>
      <button type="button" class="button button-small snippets-copy" onClick=${copy}><${Icon} name="copy" />Copy</button>
    </div>
    <pre id=${id} role="tabpanel" aria-labelledby="${id}-${chosen}" tabindex="0"><code>${snippets[chosen]}</code></pre>
  </div>`;
}

/** Return the snippets that make an agent and its first schedule. They never contain the session's key. */
export function firstSchedule() {
  const url = location.origin;
  const key = LOCAL_KEY || "$AGENT_SCHEDULES_KEY";
  const python = LOCAL_KEY ? `"${LOCAL_KEY}"` : 'os.environ["AGENT_SCHEDULES_KEY"]';
  return {
    curl: [
      `U=${url}/api/v1/agents; K="Authorization: Bearer ${key}"; J='Content-Type: application/json'`,
      `A=$(curl -s $U -H "$K" -H "$J" -d '{"name": "hello", "model": "echo"}' | jq -r .id)`,
      `curl -s $U/$A/schedules -H "$K" -H "$J" \\`,
      `  -d '{"schedule": {"type": "interval", "interval_seconds": 60}, "input": "Hello"}'`,
    ].join("\n"),
    "Python SDK": [
      ...(LOCAL_KEY ? [] : ["import os", ""]),
      "from meetkai_mka1 import SDK",
      "",
      `with SDK(server_url="${url}", bearer_auth=${python}) as sdk:`,
      '    agent = sdk.agents.create_agent(name="hello", model="echo")',
      "    sdk.agent_schedules.create_agent_schedule(",
      "        agent_id=agent.id,",
      '        schedule={"type": "interval", "interval_seconds": 60},',
      '        input="Hello",',
      "    )",
    ].join("\n"),
    "Command line": [
      `export AGENT_SCHEDULES_URL=${url} AGENT_SCHEDULES_KEY=${LOCAL_KEY || "agsched_…"}`,
      "A=$(agent-schedules agents create --name hello --model echo --json | jq -r .id)",
      'agent-schedules schedules create "$A" --every 60 --input "Hello"',
    ].join("\n"),
  };
}
