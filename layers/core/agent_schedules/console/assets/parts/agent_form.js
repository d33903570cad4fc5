// The configuration of an agent as a form. Errors are at their fields.

import { changesOf, configurationOf, formOf, NEW } from "../lib/agent_fields.js";
import { useEdited } from "../lib/edited.js";
import { html, useState } from "../lib/h.js";
import { useSaving } from "../lib/saving.js";
import { AreaField, CheckField } from "./area.js";
import { errorAt } from "./error.js";
import { TextField } from "./field.js";
import { FormEnd } from "./form_end.js";
import { MetadataField } from "./form_metadata.js";
import { toast } from "./toast.js";

const FOLDED = ["tools", "tool_choice", "max_tool_calls", "reasoning", "text", "fallback_models", "metadata"];

/**
 * @param {{
 *   agent?: Record<string, any> | null,
 *   verb: string,
 *   save: (body: Record<string, any>, keyFor: import("../lib/saving.js").KeyFor) => Promise<Record<string, any>>,
 *   done: (agent: any) => unknown,
 *   stale?: () => unknown,
 *   cancel?: () => void,
 * }} props `agent`: the one that is changed. `save` sends what was changed, or all of a new one. `stale` reads the agent again
 */
export function AgentForm({ agent = null, verb, save, done, stale, cancel }) {
  const edited = useEdited(agent ? formOf(agent) : { ...formOf(NEW), key: "" });
  const { form, base, unsaved } = edited;
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const { error, busy, send } = useSaving(stale);

  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    const { configuration, wrong: found } = configurationOf(form);
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    const body = agent ? changesOf(configurationOf(base).configuration, configuration) : { ...configuration, ...(form.key ? { key: form.key } : {}) };
    if (Object.keys(body).length === 0) {
      edited.saved(form, base);
      return toast("Nothing to save: the configuration is the same.");
    }
    return send(async (keyFor) => {
      const saved = await save(body, keyFor);
      edited.saved(form, agent ? formOf(saved) : form);
      done(saved);
    });
  };
  /** @param {string} name */
  const at = (name) => ({
    value: form[name],
    set: (/** @type {any} */ value) => edited.change({ [name]: value }),
    error: wrong[name] ?? errorAt(error, name),
  });
  return html`<form class="agent-form" onSubmit=${submitted}>
    <div class="field-pair">
      <${TextField} label="Name" required=${true} maxLength=${120} ...${at("name")} />
      <${TextField} label="Model" required=${true} maxLength=${256} placeholder="As your gateway names it" ...${at("model")} />
    </div>
    <${TextField} label="Description" maxLength=${2000} hint="For people. It is not sent to the model." ...${at("description")} />
    <${AreaField} label="Instructions" rows=${8} hint="What the model is told before each input." ...${at("instructions")} />
    ${agent ? null : html`<${TextField} label="Key" ...${at("key")} placeholder="Optional"
      hint="Your own name for it in programs, such as news-digest. It cannot be changed later." />`}
    <details class="fold" open=${FOLDED.some((name) => base[name].length > 0 || at(name).error)}>
      <summary>Tools and details</summary>
      <${AreaField} label="Tools" code=${true} hint=${html`A JSON array, such as <code>[{"type": "web_search"}]</code>.`} ...${at("tools")} />
      <div class="field-pair">
        <${AreaField} label="Tool choice" code=${true} rows=${2} hint=${html`JSON: <code>"auto"</code>, <code>"none"</code>, or an object. Empty is <code>"auto"</code>.`} ...${at("tool_choice")} />
        <${TextField} label="Most tool calls" hint="1 to 300; empty for no limit." ...${at("max_tool_calls")} />
      </div>
      <${CheckField} label="Tools may be called in parallel" ...${at("parallel_tool_calls")} />
      <div class="field-pair">
        <${AreaField} label="Reasoning" code=${true} rows=${3} hint=${html`JSON: <code>{"effort": "low"}</code>.`} ...${at("reasoning")} />
        <${AreaField} label="Text" code=${true} rows=${3} hint="JSON: the form of the answer, such as a schema." ...${at("text")} />
      </div>
      <${AreaField} label="Fallback models" rows=${2} hint="One a line, the first one first." ...${at("fallback_models")} />
      <${MetadataField} ...${at("metadata")} />
    </details>
    <${FormEnd} error=${error} fields=${Object.keys(form)} wrong=${Object.keys(wrong).length > 0} busy=${busy} verb=${verb} disabled=${!unsaved} edited=${edited}>
      ${cancel ? html`<button type="button" class="button" onClick=${cancel}>Cancel</button>` : null}
    <//>
  </form>`;
}
