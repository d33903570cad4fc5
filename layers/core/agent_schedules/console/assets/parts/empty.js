// Nothing to show, and what to do about it.

import { html } from "../lib/h.js";
import { urls } from "../lib/router.js";
import { firstSchedule } from "../lib/schedule_snippets.js";
import { allows } from "../lib/session.js";
import { Snippets } from "./snippets.js";

/** @param {{ title: string, children?: import("../lib/h.js").Children }} props */
export function Empty({ title, children }) {
  return html`<div class="empty"><h3>${title}</h3>${children}</div>`;
}

/**
 * Instead of a form, for a key that may not send it.
 * @param {{ to: string }} props what the user wants, as `create an agent`
 */
export function ReadsOnly({ to }) {
  return html`<p class="note">Your key reads only. Sign in with a key of the scope <code>write</code> to ${to}.</p>`;
}

/** For an account without a schedule. */
export function FirstSchedule() {
  return html`<${Empty} title="No schedule yet">
    <p>A schedule runs a saved agent: once, every so many seconds, or by cron in a time zone. Each time becomes exactly one
      run, with its input, its output and the reason where there was none.</p>
    ${allows("write")
      ? html`<p><a class="button button-main" href=${urls.newSchedule()}>Create the first schedule</a></p>`
      : html`<${ReadsOnly} to="create one" />`}
    <p class="muted">The same for a program:</p>
    <${Snippets} snippets=${firstSchedule()} />
  <//>`;
}
