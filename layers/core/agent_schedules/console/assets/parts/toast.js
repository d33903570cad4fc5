// Short messages that say what a button has done. They are read aloud, and go by themselves.

import { html } from "../lib/h.js";
import { Store, useStore } from "../lib/store.js";
import { Icon } from "./icon.js";

const SECONDS = 6;

/** @typedef {{ id: number, text: string, tone: "ok" | "bad", link: { url: string, text: string } | null }} Toast */

const toasts = new Store(/** @type {Toast[]} */ ([]));
let last = 0;

/**
 * Show a message.
 * @param {string} text
 * @param {{ tone?: "ok" | "bad", link?: { url: string, text: string } | null }} [options]
 */
export function toast(text, { tone = "ok", link = null } = {}) {
  last += 1;
  const id = last;
  toasts.set([...toasts.value.slice(-2), { id, text, tone, link }]);
  setTimeout(() => dismiss(id), SECONDS * 1000 * (tone === "bad" ? 2 : 1));
}

/**
 * Do something, and show its error as a message. Returns whether it succeeded.
 * @param {() => Promise<unknown>} act
 */
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), { tone: "bad" });
    return false;
  }
}

/** @param {number} id */
function dismiss(id) {
  toasts.set(toasts.value.filter((one) => one.id !== id));
}

/** The place where messages appear. */
export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" aria-live="polite" role="status">
    ${shown.map(({ id, text, tone, link }) => html`<div key=${id} class="toast tone-${tone}">
      <${Icon} name=${tone === "ok" ? "check" : "warn"} />
      <span>${text} ${link ? html`<a href=${link.url}>${link.text}</a>` : null}</span>
      <button type="button" class="button-bare" onClick=${() => dismiss(id)}><${Icon} name="cross" label="Dismiss" /></button>
    </div>`)}
  </div>`;
}
