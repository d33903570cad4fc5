// The question before a form with unsaved changes is left: by a link, by another tab of its page, by the browser's buttons,
// or by closing the tab of the browser.

import { html, useLayoutEffect, useState } from "../lib/h.js";
import { hold } from "../lib/router.js";
import { Dialog } from "./dialog.js";

/** @param {{ unsaved: boolean }} props */
export function LeaveGuard({ unsaved }) {
  const [asked, setAsked] = useState(/** @type {{ leave: import("../lib/router.js").Leave } | null} */ (null));
  useLayoutEffect(() => { // before anything else can be pressed
    if (!unsaved) return undefined;
    const release = hold((leave) => setAsked({ leave }));
    const ask = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => {
      release();
      window.removeEventListener("beforeunload", ask);
    };
  }, [unsaved]);
  if (asked === null) return null;
  const stay = () => setAsked(null);
  return html`<${Dialog} title="Leave without saving?" close=${stay}>
    <p>What you changed on this page would be lost.</p>
    <div class="dialog-buttons">
      <button type="button" class="button button-main" onClick=${stay}>Stay here</button>
      <button type="button" class="button button-danger" onClick=${() => (stay(), asked.leave())}>Leave</button>
    </div>
  <//>`;
}
