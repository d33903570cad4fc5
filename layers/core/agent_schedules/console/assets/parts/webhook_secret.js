// The secret of a webhook, which is shown once, and how a receiver uses it.

import { html } from "../lib/h.js";
import { CopyButton } from "./copy.js";
import { Dialog } from "./dialog.js";
import { Snippets } from "./snippets.js";

const VERIFY = {
  Python: [
    "from standardwebhooks import Webhook  # pip install standardwebhooks",
    "",
    "",
    "def received(secret: str, body: bytes, headers: dict[str, str]) -> dict:",
    '    """Return the event. Raises an error for a request that is not ours."""',
    "    return Webhook(secret).verify(body, headers)",
  ].join("\n"),
  Node: [
    'import { Webhook } from "standardwebhooks"; // npm install standardwebhooks',
    "",
    "const webhook = new Webhook(process.env.WEBHOOK_SECRET);",
    "",
    'app.post("/hooks/agents", express.raw({ type: "application/json" }), (request, response) => {',
    "  let event;",
    "  try {",
    "    event = webhook.verify(request.body, request.headers);",
    "  } catch {",
    "    return response.status(401).end();",
    "  }",
    "  response.status(204).end(); // answer first, then work",
    "  console.log(event.type, event.id);",
    "});",
  ].join("\n"),
};

/** @param {{ secret: string, rotated?: boolean, close: () => void }} props */
export function SecretDialog({ secret, rotated = false, close }) {
  return html`<${Dialog} title=${rotated ? "The new secret" : "The webhook's secret"} close=${close} wide=${true}>
    <p>Store it with the receiver now. <strong>It is not shown again.</strong>
      ${rotated ? " For 24 hours each request has a signature of the old secret too." : ""}</p>
    <div class="secret"><code>${secret}</code><${CopyButton} text=${secret} label="the secret" /></div>
    <${Verification} />
    <div class="dialog-buttons"><button type="button" class="button button-main" onClick=${close}>I have stored it</button></div>
  <//>`;
}

export function Verification() {
  return html`<p>Anyone can send a request to your URL. So verify its signature, over the bytes that came:</p>
    <${Snippets} snippets=${VERIFY} />`;
}
