// The configuration of an agent as a form. Errors are at their fields.

import { configurationOf } from "../lib/agent_fields.js";
import { html, useState } from "../lib/h.js";
import { AreaField, CheckField } from "./area.js";
import { errorAt, ErrorNote } from "./error.js";
import { TextField } from "./field.js";

/** @typedef {import("../lib/agent_fields.js").Form} Form */

/**
 * @param {{
 *   initial: Form,
 *   verb: string,
 *   save: (configuration: Record<string, any>) => Promise<void>,
 *   cancel?: () => void,
 *   more?: (error: Error | null) => import("../lib/h.js").Children,
 *   fields?: string[],
 * }} props `more`: fields before the folded ones, whose names are `fields`
 */
export function AgentForm({ initial, verb, save, cancel, more, fields = [] }) {
  const [form, setForm] = useState(initial);
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const changed = Object.keys(initial).some((name) => form[name] !== initial[name]);

  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    const { configuration, wrong: found } = configurationOf(form);
    setWrong(found);
    setError(null);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await save(configuration);
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
    }
    setBusy(false);
  };
  /** @param {string} name */
  const at = (name) => ({
    value: form[name],
    set: (/** @type {string | boolean} */ value) => setForm({ ...form, [name]: value }),
    error: wrong[name] ?? errorAt(error, name),
  });
  const shown = [...Object.keys(form), ...fields].some((name) => errorAt(error, name));
  return html`<form class="agent-form" onSubmit=${submitted}>
    <div class="field-pair">
      <${TextField} label="Name" required=${true} maxLength=${120} ...${at("name")} />
      <${TextField} label="Model" required=${true} maxLength=${256} placeholder="As your gateway names it" ...${at("model")} />
    </div>
    <${TextField} label="Description" maxLength=${2000} hint="For people. It is not sent to the model." ...${at("description")} />
    <${AreaField} label="Instructions" rows=${8} hint="What the model is told before each input." ...${at("instructions")} />
    ${more?.(error)}
    <details class="fold" open=${["tools", "tool_choice", "reasoning", "text", "metadata"].some((name) => form[name] || wrong[name])}>
      <summary>Tools and details</summary>
      <${AreaField} label="Tools" code=${true} hint=${html`A JSON array, such as <code>[{"type": "web_search"}]</code>.`} ...${at("tools")} />
      <div class="field-pair">
        <${AreaField} label="Tool choice" code=${true} rows=${2} hint=${html`JSON: <code>"auto"</code>, <code>"none"</code>, or an object.`} ...${at("tool_choice")} />
        <${TextField} label="Most tool calls" hint="1 to 300; empty for no limit." ...${at("max_tool_calls")} />
      </div>
      <${CheckField} label="Tools may be called in parallel" ...${at("parallel_tool_calls")} />
      <div class="field-pair">
        <${AreaField} label="Reasoning" code=${true} rows=${3} hint=${html`JSON: <code>{"effort": "low"}</code>.`} ...${at("reasoning")} />
        <${AreaField} label="Text" code=${true} rows=${3} hint="JSON: the form of the answer, such as a schema." ...${at("text")} />
      </div>
      <div class="field-pair">
        <${AreaField} label="Fallback models" rows=${2} hint="One a line, the first one first." ...${at("fallback_models")} />
        <${AreaField} label="Metadata" rows=${2} hint=${html`Lines such as <code>team: news</code>.`} ...${at("metadata")} />
      </div>
    </details>
    ${error && !shown ? html`<${ErrorNote} error=${error} />` : null}
    ${Object.keys(wrong).length > 0 || shown ? html`<p class="field-error" role="alert">Nothing was saved. See the fields that are marked.</p>` : null}
    <div class="row">
      <button type="submit" class="button button-main" disabled=${busy || !changed}>${busy ? "One moment…" : verb}</button>
      ${cancel ? html`<button type="button" class="button" onClick=${cancel}>Cancel</button>` : null}
    </div>
  </form>`;
}
