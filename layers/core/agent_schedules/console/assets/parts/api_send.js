// A call of one operation: its values, the same for a program, and its answer from the server that this page is on.

import { ACTS_FOR, exchange } from "../lib/api.js";
import { snippetsOf, urlOf } from "../lib/call_snippets.js";
import { html, useState } from "../lib/h.js";
import { examplesOf } from "../lib/openapi.js";
import { allows, session } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { AreaField } from "./area.js";
import { CopyButton } from "./copy.js";
import { FormDialog } from "./dialog.js";
import { ErrorNote } from "./error.js";
import { SelectField, TextField } from "./field.js";
import { Coded } from "./prose.js";
import { Snippets } from "./snippets.js";

/** @typedef {import("../lib/openapi.js").Operation} Operation */
/** @typedef {import("../lib/call_snippets.js").Values} Values */
/** @typedef {import("../lib/api.js").Exchange} Exchange */

/** @param {{ document: any, operation: Operation }} props */
export function ApiSend({ document, operation }) {
  const examples = examplesOf(document, operation.body);
  const [values, setValues] = useState(() => /** @type {Values} */ ({
    path: Object.fromEntries(operation.parameters.filter((one) => one.in === "path").map((one) => [one.name, ""])),
    query: {}, header: actsFor(operation), body: examples.length > 0 && operation.bodyRequired ? JSON.stringify(examples[0], null, 2) : "",
  }));
  const [answer, setAnswer] = useState(/** @type {Exchange | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [asked, ask] = useState(false);
  /** @param {keyof Values} where @param {string} name @param {string} value */
  const set = (where, name, value) => setValues({ ...values, [where]: { .../** @type {any} */ (values[where]), [name]: value } });
  const url = urlOf(operation, values);
  const send = async () => {
    setError(null);
    const headers = Object.fromEntries(Object.entries(values.header).filter(([, value]) => value));
    setAnswer(await exchange(operation.method, url, { headers, body: values.body.trim() ? values.body : undefined }));
  };
  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    if (operation.method === "GET") send().catch(setError);
    else ask(true);
  };
  const fields = operation.parameters.filter((one) => !one.name.includes("<"));
  const headers = fields.filter((one) => one.in === "header");
  /** @param {any} one */
  const field = (one) => html`<${Parameter} key=${one.in + one.name} of=${one} set=${(/** @type {string} */ value) => set(one.in, one.name, value)}
    value=${/** @type {any} */ (values)[one.in]?.[one.name] ?? ""} />`;
  return html`<form onSubmit=${submitted}>
    ${fields.filter((one) => one.in !== "header").map(field)}
    ${operation.body ? html`<${AreaField} label="Body" code=${true} rows=${8} value=${values.body}
      set=${(/** @type {string} */ body) => setValues({ ...values, body })} hint=${operation.bodyRequired ? null : "Optional."} />` : null}
    ${headers.length > 0 ? html`<details class="send-headers"><summary>Headers</summary>${headers.map(field)}</details>` : null}
    ${examples.length > 1 ? html`<div class="row examples">Examples: ${examples.map((example, index) => html`<button key=${index} type="button"
      class="button button-small" onClick=${() => setValues({ ...values, body: JSON.stringify(example, null, 2) })}>${index + 1}</button>`)}</div>` : null}
    <${Snippets} snippets=${snippetsOf(operation, values)} />
    <${SendButton} operation=${operation} />
    ${asked ? html`<${FormDialog} title="Send this for real?" verb="Send ${operation.method}" danger=${operation.method === "DELETE"}
      submit=${send} close=${() => ask(false)}>
      <p>It is sent to this server with your key, and may change something:</p><pre class="code">${operation.method} ${url}</pre><//>` : null}
    ${error ? html`<${ErrorNote} error=${error} />` : null}
    ${answer ? html`<${Answer} answer=${answer} />` : null}
  </form>`;
}

/** The header of the user that the console acts for, where the operation has it. @param {Operation} operation */
function actsFor({ parameters }) {
  const { user } = session.value;
  return user !== null && parameters.some(({ name }) => name === ACTS_FOR) ? { [ACTS_FOR]: user } : {};
}

/** @param {{ operation: Operation }} props */
function SendButton({ operation }) {
  const { who } = useStore(session);
  if (!who && !operation.open) return html`<p class="send-row"><a class="button" href="/docs?operation=${operation.id}&sign-in=1">Sign in to send</a></p>`;
  const reads = operation.method === "GET" || operation.id === "preview_schedule";
  if (!operation.open && !allows(reads ? "read" : "write")) return html`<p class="muted send-row">Your key reads only, so it cannot send this.</p>`;
  return html`<div class="row send-row"><button type="submit" class="button button-main">Send${operation.method === "GET" ? "" : "…"}</button>
    <span class="muted">${operation.method === "GET" ? "It is sent to this server." : "It asks first."}</span></div>`;
}

/** @param {{ of: any, value: string, set: (value: string) => void }} props */
function Parameter({ of, value, set }) {
  const hint = of.description ? html`<${Coded} text=${of.description} />` : null;
  const choices = of.schema?.enum ?? (of.schema?.type === "boolean" ? ["true", "false"] : null);
  if (choices) {
    return html`<${SelectField} label=${of.name} value=${value} set=${set} hint=${hint}
      options=${[["", "Not sent"], ...choices.map((/** @type {any} */ one) => [String(one), String(one)])]} />`;
  }
  const usual = of.schema?.default ?? of.schema?.examples?.[0] ?? "";
  return html`<${TextField} label=${of.name} value=${value} set=${set} required=${of.required === true} hint=${hint} placeholder=${String(usual)} />`;
}

/** @param {{ answer: Exchange }} props */
function Answer({ answer }) {
  const text = pretty(answer.text);
  return html`<section class="answer" aria-live="polite" aria-label="Answer">
    <div class="row spread"><h3 class="row"><span class=${answer.status < 400 ? "tone-text-ok" : "tone-text-bad"}>${answer.status}</span>
      <span class="muted">${answer.milliseconds} ms</span></h3>${text ? html`<${CopyButton} text=${text} label="the answer" />` : null}</div>
    <dl class="answer-headers">${answer.headers.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${text ? html`<pre class="code" tabindex="0">${text}</pre>` : null}
  </section>`;
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
