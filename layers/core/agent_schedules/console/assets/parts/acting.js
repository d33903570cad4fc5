// Act for a user of the account: the field in the settings, and the bar that says so on every page.

import { enter } from "../lib/enter.js";
import { html, useState } from "../lib/h.js";
import { session } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { TextField } from "./field.js";
import { Panel } from "./page.js";
import { toast } from "./toast.js";

/** What a browser can put into a header. The service checks the rest. */
const ASCII = /^[\x20-\x7e]*$/;

export function ActFor() {
  const { key, user } = useStore(session);
  const [text, setText] = useState(user ?? "");
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const [busy, setBusy] = useState(false);
  const wanted = text.trim();
  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    if (key === null || busy || wanted === (user ?? "")) return;
    if (!ASCII.test(wanted)) return setError("must be printable ASCII characters");
    setBusy(true);
    setError(null);
    try {
      await enter(key, wanted || null);
    } catch (failed) {
      setError(/** @type {Error} */ (failed).message);
      setBusy(false);
    }
  };
  return html`<${Panel} title="Act for a user"><form class="panel-body" onSubmit=${submitted}>
    <${TextField} label="User" value=${text} set=${(/** @type {string} */ value) => { setText(value); setError(null); }} error=${error} maxLength=${150}
      hint=${html`As your program names them in <code>X-On-Behalf-Of</code>. Pages then show what is theirs. Kept in this tab, until you
        stop or close it. Empty: the account itself.`} />
    <div><button type="submit" class="button" disabled=${busy || wanted === (user ?? "")}>${wanted || !user ? "Act for this user" : "Stop"}</button></div>
  </form><//>`;
}

/** The bar above each page while the console acts for a user. */
export function ActingBar() {
  const { key, user } = useStore(session);
  if (key === null || user === null) return null;
  const stop = () => enter(key, null).catch((failed) => toast(failed.message));
  return html`<div class="acting">
    <span class="cut" title="You see and change what is theirs">Acting for <strong>${user}</strong></span>
    <button type="button" class="button button-small" onClick=${stop}>Stop</button>
  </div>`;
}
