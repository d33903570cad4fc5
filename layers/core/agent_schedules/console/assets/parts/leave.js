// The question before a page with unsaved changes is left: by a link, by the browser's buttons, or by closing the tab.

import { html, useEffect, useState } from "../lib/h.js";
import { go, hold } from "../lib/router.js";
import { Dialog } from "./dialog.js";

/** @param {{ unsaved: boolean }} props */
export function LeaveGuard({ unsaved }) {
  const [target, setTarget] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    if (!unsaved) return undefined;
    const release = hold(setTarget);
    const ask = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => {
      release();
      window.removeEventListener("beforeunload", ask);
    };
  }, [unsaved]);
  if (target === null) return null;
  const stay = () => setTarget(null);
  return html`<${Dialog} title="Leave without saving?" close=${stay}>
    <p>What you changed on this page would be lost.</p>
    <div class="dialog-buttons">
      <button type="button" class="button button-main" onClick=${stay}>Stay here</button>
      <button type="button" class="button button-danger" onClick=${() => go(target, { force: true })}>Leave</button>
    </div>
  <//>`;
}
