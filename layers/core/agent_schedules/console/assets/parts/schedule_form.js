// The form that creates or changes a schedule. What the API refuses stays as it was typed, with its message at the field.

import { ApiError, call, get } from "../lib/api.js";
import { useEdited } from "../lib/edited.js";
import { html, useRef, useState } from "../lib/h.js";
import { agentPath, schedulePath } from "../lib/paths.js";
import { policiesBody } from "../lib/policy_fields.js";
import { go, urls } from "../lib/router.js";
import { useSaving } from "../lib/saving.js";
import { bodyOf, changesOf, FIELDS, formOf, GROUPS, missing, timingOf } from "../lib/schedule_form.js";
import { creationOf } from "../lib/schedule_snippets.js";
import { errorAt } from "./error.js";
import { AgentFields } from "./form_agent.js";
import { FormEnd } from "./form_end.js";
import { InputField, NameFields, PolicyFields } from "./form_fields.js";
import { PreviewPane, usePreview } from "./form_preview.js";
import { TimingFields } from "./form_timing.js";
import { Panel } from "./page.js";
import { etagOf } from "./schedule_actions.js";
import { Snippets } from "./snippets.js";
import { toast } from "./toast.js";

/** @typedef {import("../lib/schedule_form.js").Form} Form */
/** @typedef {import("../lib/types.js").Schedule} Schedule */
/** @typedef {import("../lib/types.js").Agent} Agent */
/** @typedef {import("../lib/types.js").Limits} Limits */
/** @typedef {import("../lib/saving.js").KeyFor} KeyFor */

const SHOWN = ["agent_id", ...FIELDS]; // the fields that show their own errors

/**
 * @param {{ initial?: Form, schedule?: Schedule | null, limits?: Limits, agents: Agent[] }} props
 * `schedule`: the one that is changed, as it was read with the deployment's `limits`. `initial`: the form of a new one
 */
export function ScheduleForm({ initial, schedule: read = null, limits, agents }) {
  const [schedule, setSchedule] = useState(read);
  const edited = useEdited(schedule && limits ? formOf(schedule, limits) : /** @type {Form} */ (initial), GROUPS);
  const { form, base, unsaved } = edited;
  const { error, setError, busy, send } = useSaving(async () => setSchedule(await get(schedulePath(/** @type {Schedule} */ (schedule)))));
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  const wanted = missing(form);
  const previewed = usePreview(wanted === null ? asked(form, base, schedule) : null);
  const change = (/** @type {Partial<Form>} */ changes) => {
    edited.change(changes);
    setError(null);
  };
  const at = (/** @type {string} */ field) => errorAt(error, field) ?? (/^(schedule|policies)/.test(field) ? errorAt(previewed.error, field) : null);

  /** @param {KeyFor} keyFor */
  const save = async (keyFor) => {
    if (schedule) {
      const body = changesOf(form, base, schedule);
      if (Object.keys(body).length === 0) return schedule; // such as a space at the end of a name
      const etag = etagOf(schedule);
      return call("POST", schedulePath(schedule), { body, etag, once: keyFor([body, etag]) });
    }
    const body = bodyOf(form);
    let { agent } = form;
    if (form.newAgent) {
      agent = await newAgent(form.newAgent, keyFor);
      change({ agent, newAgent: null }); // it exists now, also if the schedule is refused
    }
    if (!agent) throw new ApiError(400, "agent_id: choose an agent", null, [{ field: "agent_id", message: "Choose an agent." }]);
    return call("POST", `${agentPath(agent)}/schedules`, { body, once: keyFor([agent, body]) });
  };

  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    const done = await send(async (keyFor) => {
      const saved = await save(keyFor);
      toast(schedule ? "Saved." : "Created the schedule.");
      go(urls.schedule(saved.agent_id, saved.id), { force: true });
    });
    if (!done) setTimeout(() => /** @type {HTMLElement | null} */ (element.current?.querySelector("[aria-invalid=true]"))?.focus());
  };
  const fields = { form, change, at };
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
    <${Panel} title="Policies"><div class="panel-body"><${PolicyFields} ...${fields} limits=${limits} /></div><//>
    ${schedule ? null : html`<details class="panel form-program"><summary>The same for a program</summary>
      <div class="panel-body"><${Snippets} snippets=${snippets(form)} /></div></details>`}
    <${FormEnd} error=${error} fields=${SHOWN} busy=${busy} verb=${schedule ? "Save" : "Create the schedule"} disabled=${schedule !== null && !unsaved}
      edited=${edited}>
      <a class="button" href=${schedule ? urls.schedule(schedule.agent_id, schedule.id) : "/console/schedules"}>Cancel</a>
      ${schedule ? null : html`<label class="check"><input type="checkbox" checked=${form.paused} onChange=${() => change({ paused: !form.paused })} />
        <span>Create it paused</span></label>`}
    <//>
  </form>`;
}

/**
 * @param {NonNullable<Form["newAgent"]>} agent
 * @param {KeyFor} keyFor
 */
async function newAgent({ instructions, ...agent }, keyFor) {
  const body = { ...agent, ...(instructions.trim() ? { instructions } : {}) };
  try {
    return (await call("POST", "/api/v1/agents", { body, once: keyFor(body) })).id;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fields = error.fields.map(({ field, message }) => ({ field: `agent.${field}`, message }));
    throw new ApiError(error.status, error.message, error.requestId, fields);
  }
}

/**
 * What the service is asked for a preview. An interval that stays as it is keeps its grid, so its next time is sent.
 * @param {Form} form
 * @param {Form} base
 * @param {Schedule | null} schedule
 */
function asked(form, base, schedule) {
  const timing = timingOf(form, schedule);
  const same = schedule !== null && JSON.stringify(timing) === JSON.stringify(timingOf(base, schedule));
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
