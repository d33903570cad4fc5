// Dialogs: the browser's own, which keeps the focus inside and closes on Escape.

import { ApiError } from "../lib/api.js";
import { html, useEffect, useId, useRef } from "../lib/h.js";
import { useSaving } from "../lib/saving.js";
import { errorAt, ErrorNote } from "./error.js";

/**
 * A dialog with a form. `submit` does what it is for; the dialog closes when that has succeeded, and shows its error
 * otherwise. `fields` are those that show their own errors: `children` is then a function of the error. `changed` loads
 * again what the action is for, when somebody else has changed it meanwhile.
 * @param {{
 *   title: string,
 *   verb: string,
 *   danger?: boolean,
 *   disabled?: boolean,
 *   fields?: string[],
 *   submit: (keyFor: import("../lib/saving.js").KeyFor) => Promise<unknown>,
 *   changed?: () => unknown,
 *   close: () => void,
 *   children?: import("../lib/h.js").Children | ((error: Error | null) => import("../lib/h.js").Children),
 * }} props
 */
export function FormDialog({ title, verb, danger = false, disabled = false, fields = [], submit, changed, close, children }) {
  const { error, busy, send } = useSaving(changed);
  const stale = changed !== undefined && error instanceof ApiError && error.status === 412;

  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    if (await send(submit)) close();
  };
  return html`<${Dialog} title=${title} close=${close}>
    <form onSubmit=${submitted}>
      ${typeof children === "function" ? children(error) : children}
      ${error && !fields.some((field) => errorAt(error, field)) ? html`<${ErrorNote} error=${error} />` : null}
      ${stale ? html`<p>It was changed meanwhile, and is loaded again. Press ${verb} again to do it to what it is now.</p>` : null}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button ${danger ? "button-danger" : "button-main"}" disabled=${busy || disabled}>
          ${busy ? "One moment…" : verb}
        </button>
      </div>
    </form>
  <//>`;
}

/**
 * @param {{ title: string, close: () => void, wide?: boolean, children?: import("../lib/h.js").Children }} props
 */
export function Dialog({ title, close, wide = false, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      // What opened it may be gone with the thing that was deleted.
      const back = before instanceof HTMLElement && before.isConnected ? before : document.querySelector("h1");
      back?.focus();
    };
  }, []);
  return html`<dialog ref=${element} class="dialog ${wide ? "dialog-wide" : ""}" aria-labelledby=${id} onClose=${close}>
    <h2 id=${id}>${title}</h2>
    ${children}
  </dialog>`;
}
