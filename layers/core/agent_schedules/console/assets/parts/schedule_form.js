// The form that creates or changes a schedule. What the API refuses stays as it was typed, with its message at the field.

import { ApiError, call, get, newKey } from "../lib/api.js";
import { html, useRef, useState } from "../lib/h.js";
import { agentPath, schedulePath } from "../lib/paths.js";
import { go, urls } from "../lib/router.js";
import { bodyOf, changesOf, FIELDS, missing, timingOf } from "../lib/schedule_form.js";
import { creationOf } from "../lib/schedule_snippets.js";
import { policiesBody } from "../lib/policy_fields.js";
import { errorAt, ErrorNote } from "./error.js";
import { AgentFields } from "./form_agent.js";
import { InputField, NameFields, PolicyFields } from "./form_fields.js";
import { PreviewPane, usePreview } from "./form_preview.js";
import { TimingFields } from "./form_timing.js";
import { LeaveGuard } from "./leave.js";
import { Panel } from "./page.js";
import { etagOf } from "./schedule_actions.js";
import { Snippets } from "./snippets.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/schedule_form.js").Form} Form */
/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Agent} Agent */

/** @param {{ initial: Form, schedule?: Schedule | null, agents: Agent[] }} props `schedule`: the one that is changed */
export function ScheduleForm({ initial, schedule = null, agents }) {
  const [form, setForm] = useState(initial);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [etag, setEtag] = useState(schedule ? etagOf(schedule) : null);
  const keys = useRef(/** @type {Map<string, string>} */ (new Map()));
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  const unsaved = JSON.stringify(form) !== JSON.stringify(initial) && !busy;
  const wanted = missing(form);
  const previewed = usePreview(wanted === null ? asked(form, initial, schedule) : null);
  const change = (/** @type {Partial<Form>} */ changes) => {
    setForm((before) => ({ ...before, ...changes }));
    setError(null);
  };
  const at = (/** @type {string} */ field) => errorAt(error, field) ?? (/^(schedule|policies)/.test(field) ? errorAt(previewed.error, field) : null);

  /** One key for each thing that is sent, so that a repeat of the same does it once. @param {string} what */
  const keyFor = (what) => keys.current.get(what) ?? keys.current.set(what, newKey()).get(what);

  const save = async () => {
    if (schedule) {
      const body = changesOf(form, initial, schedule);
      return call("POST", schedulePath(schedule), { body, etag, once: keyFor(JSON.stringify([body, etag])) });
    }
    const body = bodyOf(form);
    let { agent } = form;
    if (form.newAgent) {
      agent = await newAgent(form.newAgent, keyFor);
      change({ agent, newAgent: null }); // it exists now, also if the schedule is refused
    }
    if (!agent) throw new ApiError(400, "agent_id: choose an agent", null, [{ field: "agent_id", message: "Choose an agent." }]);
    return call("POST", `${agentPath(agent)}/schedules`, { body, once: keyFor(JSON.stringify([agent, body])) });
  };

  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const saved = await save();
      toast(schedule ? "Saved." : "Created the schedule.");
      go(urls.schedule(saved.agent_id, saved.id), { force: true });
    } catch (failed) {
      if (schedule && failed instanceof ApiError && failed.status === 412) setEtag(etagOf(await get(schedulePath(schedule))));
      setError(/** @type {Error} */ (failed));
      setBusy(false);
      setTimeout(() => /** @type {HTMLElement | null} */ (element.current?.querySelector("[aria-invalid=true]"))?.focus());
    }
  };
  const fields = { form, change, at };
  const known = error !== null && ["agent_id", ...FIELDS].some((field) => errorAt(error, field));
  return html`<form ref=${element} class="form" onSubmit=${submitted} novalidate>
    ${schedule ? null : html`<${Panel} title="Agent"><div class="panel-body"><${AgentFields} ...${fields} agents=${agents} /></div><//>`}
    <${Panel} title="When">
      <div class="form-when">
        <div class="panel-body"><${TimingFields} ...${fields} /></div>
        <${PreviewPane} ...${previewed} missing=${wanted} />
      </div>
    <//>
    <${Panel} title="Input"><div class="panel-body"><${InputField} ...${fields} /></div><//>
    <${Panel} title="Names"><div class="panel-body"><${NameFields} ...${fields} keyed=${Boolean(schedule?.key)} /></div><//>
    <${Panel} title="Policies"><div class="panel-body"><${PolicyFields} ...${fields} stored=${schedule !== null} /></div><//>
    ${schedule ? null : html`<details class="panel form-program"><summary>The same for a program</summary>
      <div class="panel-body"><${Snippets} snippets=${snippets(form)} /></div></details>`}
    <div class="form-end">
      ${error && !known ? html`<${ErrorNote} error=${error} />` : null}
      ${error && known ? html`<p class="field-error" role="alert">Not saved: see the message at the field.</p>` : null}
      ${schedule && error instanceof ApiError && error.status === 412 ? html`<p>Save again to put your changes on top of what it is now.
        Only what you changed is sent.</p>` : null}
      <div class="row">
        <button type="submit" class="button button-main" disabled=${busy || (schedule !== null && !unsaved)}>
          ${busy ? "One moment…" : schedule ? "Save" : "Create the schedule"}</button>
        <a class="button" href=${schedule ? urls.schedule(schedule.agent_id, schedule.id) : "/console/schedules"}>Cancel</a>
        ${schedule ? null : html`<label class="check"><input type="checkbox" checked=${form.paused} onChange=${() => change({ paused: !form.paused })} />
          <span>Create it paused</span></label>`}
      </div>
    </div>
    <${LeaveGuard} unsaved=${unsaved} />
  </form>`;
}

/**
 * @param {NonNullable<Form["newAgent"]>} agent
 * @param {(what: string) => string | undefined} keyFor
 */
async function newAgent({ instructions, ...agent }, keyFor) {
  const body = { ...agent, ...(instructions.trim() ? { instructions } : {}) };
  try {
    return (await call("POST", "/api/v1/agents", { body, once: keyFor(JSON.stringify(body)) })).id;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fields = error.fields.map(({ field, message }) => ({ field: `agent.${field}`, message }));
    throw new ApiError(error.status, error.message, error.requestId, fields);
  }
}

/**
 * What the service is asked for a preview. An interval that stays as it is keeps its grid, so its next time is sent.
 * @param {Form} form
 * @param {Form} initial
 * @param {Schedule | null} schedule
 */
function asked(form, initial, schedule) {
  const timing = timingOf(form);
  const same = schedule !== null && JSON.stringify(timing) === JSON.stringify(timingOf(initial));
  const grid = same && timing.type === "interval" && !form.startAt && schedule.next_run_at ? { start_at: schedule.next_run_at } : {};
  return JSON.stringify({ schedule: { ...timing, ...grid }, policies: policiesBody(form.policies, schedule, form.zone) });
}

/** @param {Form} form */
function snippets(form) {
  try {
    return creationOf(form.agent || null, bodyOf(form));
  } catch {
    return { curl: "# The input is not JSON yet." };
  }
}
