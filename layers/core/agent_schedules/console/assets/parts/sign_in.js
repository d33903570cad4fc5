// The page without a key: it takes one, and asks the service whose it is.

import { enter } from "../lib/enter.js";
import { html, useEffect, useState } from "../lib/h.js";
import { KEEPS, LOCAL_KEY, session, signOut } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { ErrorNote } from "./error.js";
import { TextField } from "./field.js";
import { Brand } from "./shell.js";

export function SignIn() {
  const { why } = useStore(session);
  const [key, setKey] = useState("");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in · agent schedules";
  }, []);

  /** @param {string} chosen */
  const tried = async (chosen) => {
    setBusy(true);
    setError(null);
    try {
      await enter(chosen, null);
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
      setBusy(false);
    }
  };
  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    if (key.trim()) void tried(key.trim());
  };
  return html`<main class="sign-in">
    <div class="sign-in-card">
      <${Brand} />
      <h1>Sign in</h1>
      ${why && !error ? html`<div class="note" role="status"><p>${why}</p></div>` : null}
      <form onSubmit=${submitted}>
        <${TextField} label="API key" type="password" value=${key} set=${setKey} autofocus=${true}
          hint=${KEEPS ? "It stays in this tab, and is forgotten when you close it."
            : "This browser blocks storage for this page, so the key is forgotten when you reload it. Allow site data for this address to keep it in the tab."} />
        ${error ? html`<${ErrorNote} error=${error} />` : null}
        <button type="submit" class="button button-main button-wide" disabled=${busy || !key.trim()}>Sign in</button>
      </form>
      ${LOCAL_KEY
        ? html`<div class="sign-in-local">
            <p>This is a local stack. Its key is <code>${LOCAL_KEY}</code>.</p>
            <button type="button" class="button button-wide" disabled=${busy} onClick=${() => tried(LOCAL_KEY)}>
              Use the key ${LOCAL_KEY}</button>
          </div>`
        : html`<p class="muted">An operator makes a key with
            <code>agent-schedules keys create --table … --tenant … --scope read</code>. The scope <code>read</code> looks,
            <code>write</code> also changes.</p>`}
    </div>
  </main>`;
}

/** Shown while the service is asked whose key this tab still has. */
export function Returning() {
  const { key, user } = useStore(session);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const ask = () => {
    setError(null);
    if (key) enter(key, user).catch(failed);
  };
  /** @param {Error & { status?: number }} problem */
  const failed = (problem) => {
    if (problem.status === 401 || problem.status === 403) signOut(problem.message); // or it may no longer act for the user
    else setError(problem);
  };
  useEffect(ask, []);
  return html`<main class="sign-in"><div class="sign-in-card">
    <${Brand} />
    ${error ? html`<${ErrorNote} error=${error} retry=${ask} />
        <button type="button" class="button" onClick=${() => signOut()}>Sign out</button>`
      : html`<p class="loading">Loading…</p>`}
  </div></main>`;
}
