// What the account may use, which keys it has, and how this browser shows things.

import { get } from "../lib/api.js";
import { html } from "../lib/h.js";
import { useLoad } from "../lib/load.js";
import { allows, session, signOut } from "../lib/session.js";
import { prefer, settings } from "../lib/settings.js";
import { useStore } from "../lib/store.js";
import { duration, OWN_ZONE } from "../lib/time.js";
import { ActFor } from "../parts/acting.js";
import { Facts } from "../parts/facts.js";
import { SelectField } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { ApiKeys } from "../parts/keys.js";
import { Loaded } from "../parts/loaded.js";
import { Page, Panel } from "../parts/page.js";

/** @typedef {import("../lib/types.js").Limits} Limits */

export function Settings() {
  const { who } = useStore(session);
  return html`<${Page} title="Settings" actions=${html`<button type="button" class="button" onClick=${() => signOut()}>
    <${Icon} name="out" />Sign out</button>`}>
    <div class="side-by-side">
      <div class="stack"><${Use} />${allows("admin") ? html`<${ApiKeys} />` : null}</div>
      <div class="stack side-first"><${Display} />
        ${who ? html`<${Panel} title="Signed in"><${Facts} facts=${[
          ["Account", html`<strong>${who.tenant}</strong>`],
          ["Scope", html`<code>${who.scope}</code> ${SCOPES[who.scope]}`],
          who.on_behalf_of ? ["Acts for", who.on_behalf_of] : null,
          ["Key", "in this tab only, until you close it"],
        ]} /><//>` : null}
        ${allows("admin") ? html`<${ActFor} />` : null}
      </div>
    </div>
  <//>`;
}

/** @type {Record<string, string>} */
const SCOPES = { read: "looks", write: "looks and changes", admin: "looks, changes and acts for users" };

function Display() {
  const { theme, zone, density } = useStore(settings);
  return html`<${Panel} title="Display"><div class="panel-body">
    <${SelectField} label="Theme" value=${theme} set=${(/** @type {any} */ value) => prefer({ theme: value })}
      options=${[["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]]} />
    <${SelectField} label="Times" value=${zone} set=${(/** @type {any} */ value) => prefer({ zone: value })}
      options=${[["browser", `This browser's zone (${OWN_ZONE})`], ["utc", "UTC"], ["schedule", "The zone of each schedule"]]}
      hint="Every time says its zone." />
    <${SelectField} label="Density" value=${density} set=${(/** @type {any} */ value) => prefer({ density: value })}
      options=${[["usual", "Usual"], ["compact", "Compact"]]} hint="Kept in this browser, as are the two above." />
  </div><//>`;
}

/** @type {[name: "schedules" | "occurrences_per_hour" | "webhooks" | "runs_per_minute" | "schedules_per_agent", title: string, hint: string][]} */
const COUNTS = [
  ["schedules", "Schedules", "Of all users of the account, without deleted ones"],
  ["occurrences_per_hour", "Occurrences an hour", "Each schedule in its busiest hour"],
  ["webhooks", "Webhooks", "Without poll webhooks"],
  ["schedules_per_agent", "Schedules of one agent", "The use of each agent is on its page"],
  ["runs_per_minute", "Runs a minute", "Started by calls, not by schedules"],
];

function Use() {
  const loaded = useLoad("limits", (signal) => get("/api/v1/limits", {}, signal), { every: 60 });
  return html`<${Panel} title="Limits and use">
    <${Loaded} of=${loaded}>${(/** @type {Limits} */ limits) => html`
      <ul class="meters">${COUNTS.map(([name, title, hint]) => html`<${Meter} key=${name} title=${title} hint=${hint} of=${limits[name]} />`)}</ul>
      <${Facts} facts=${[
        ["Shortest interval", duration(limits.minimum_interval_seconds * 1000)],
        ["May be late", `${duration(limits.misfire_grace_seconds * 1000)}, unless a schedule's policies say otherwise`],
        ["A run may take", `${duration(limits.timeout_seconds * 1000)}, unless a schedule's policies say otherwise`],
        ["Runs are kept", limits.run_retention_days === 0 ? "for ever" : `${limits.run_retention_days} days`],
        ["Largest request", bytes(limits.maximum_body_bytes)],
        ["Largest schedule", `${bytes(limits.maximum_kept_bytes)}; the same for a run and an agent`],
      ]} />`}<//>
  <//>`;
}

/** @param {number} count */
const bytes = (count) => `${(count / 1024).toLocaleString("en")} KB`;

/** @param {{ title: string, hint: string, of: { limit: number | null, used: number | null } }} props */
function Meter({ title, hint, of }) {
  const known = of.limit !== null && of.used !== null;
  const share = known ? Number(of.used) / Math.max(1, Number(of.limit)) : 0;
  const limit = of.limit === null ? "no limit" : `${of.used === null ? "at most " : "of "}${of.limit.toLocaleString("en")}`;
  return html`<li class="meter ${share >= 0.8 ? "meter-full" : ""}">
    <span class="meter-head"><strong>${title}</strong><span>${of.used === null ? "" : `${of.used.toLocaleString("en")} `}<span class="muted">${limit}</span></span></span>
    ${known ? html`<progress max=${of.limit} value=${of.used} aria-label=${title}></progress>` : null}
    <span class="muted small">${hint}</span>
  </li>`;
}
