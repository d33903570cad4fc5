// What went into a run and what came out of it: always as text.

import { adviceOf, incompleteWords } from "../lib/failures.js";
import { html } from "../lib/h.js";
import { messagesOf, outputOf, tokensOf } from "../lib/response.js";
import { CopyButton } from "./copy.js";
import { Json } from "./facts.js";
import { Panel } from "./page.js";

/** @typedef {import("../lib/types.js").Run} Run */

/** @param {{ run: Run }} props */
export function RunOutput({ run }) {
  const response = /** @type {any} */ (run.gateway_response);
  const parts = outputOf(response);
  const text = parts.filter((part) => part.kind === "text").map((part) => part.text).join("\n\n");
  return html`<${Panel} title="Output" more=${text ? html`<${CopyButton} text=${text} label="the output" />` : null}>
    ${response?.object === "response.too_large"
      ? html`<p class="said">The gateway's response has ${Number(response.bytes).toLocaleString("en")} bytes, more than are kept.
          It is at the gateway under the id <code>${String(response.id)}</code>.</p>` : null}
    ${parts.map((part, index) => part.kind === "other"
      ? html`<div key=${index} class="said-fold"><${Json} title=${part.title} value=${part.value} /></div>`
      : html`<div key=${index} class="said said-${part.kind}">
          ${part.title ? html`<div class="said-who">${part.title}</div>` : null}<div class="text" tabindex="0">${part.text}</div></div>`)}
    ${parts.length === 0 && response?.object !== "response.too_large" ? html`<p class="said muted">${nothing(run)}</p>` : null}
    ${response ? html`<${Json} title="Raw response" value=${response} />` : null}
  <//>`;
}

/** @param {Run} run */
function nothing(run) {
  if (run.completed_at === null) return run.gateway_response_id ? "The gateway is working on it." : "It is not sent yet.";
  return run.status === "completed" ? "The response has no text." : "It ended without an output.";
}

/** @param {{ run: Run }} props */
export function RunInput({ run }) {
  const messages = messagesOf(run.input);
  const plain = typeof run.input === "string";
  return html`<${Panel} title="Input" more=${plain ? html`<${CopyButton} text=${String(run.input)} label="the input" />` : null}>
    ${messages.map(({ role, text }, index) => html`<div key=${index} class="said">
      ${plain ? null : html`<div class="said-who">${role}</div>`}<div class="text" tabindex="0">${text}</div></div>`)}
    ${messages.length === 0 ? html`<p class="said muted">The input is no longer kept.</p>` : null}
    ${plain || messages.length === 0 ? null : html`<${Json} title="Input as sent" value=${run.input} />`}
  <//>`;
}

/** @param {{ run: Run }} props */
export function RunError({ run }) {
  const error = /** @type {any} */ (run.error);
  if (!error) {
    return run.status === "incomplete" ? html`<div class="note note-warn"><p>${incompleteWords(run.gateway_response)}</p></div>` : null;
  }
  return html`<div class="note note-bad">
    <p><strong>${String(error.message ?? "The run failed.")}</strong></p>
    <p class="muted">Code <code>${String(error.code)}</code></p>
    <p>${adviceOf(error.code)}</p>
  </div>`;
}

/** @param {{ run: Run }} props */
export function RunUsage({ run }) {
  const tokens = tokensOf(run.usage);
  if (tokens.length === 0) return null;
  return html`<${Panel} title="Tokens"><dl class="tokens">
    ${tokens.map(([name, count]) => html`<div key=${name}><dt>${name}</dt><dd>${count.toLocaleString("en")}</dd></div>`)}
  </dl><//>`;
}
