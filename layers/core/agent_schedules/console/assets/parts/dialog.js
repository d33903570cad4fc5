// Dialogs: the browser's own, which keeps the focus inside and closes on Escape.

import { html, useEffect, useId, useRef, useState } from "../lib/h.js";
import { errorAt, ErrorNote } from "./error.js";

/**
 * A dialog with a form. `submit` does what it is for; the dialog closes when that has succeeded, and shows its error
 * otherwise. `fields` are those that show their own errors: `children` is then a function of the error.
 * @param {{
 *   title: string,
 *   verb: string,
 *   danger?: boolean,
 *   disabled?: boolean,
 *   fields?: string[],
 *   submit: () => Promise<unknown>,
 *   close: () => void,
 *   children?: import("../lib/h.js").Children | ((error: Error | null) => import("../lib/h.js").Children),
 * }} props
 */
export function FormDialog({ title, verb, danger = false, disabled = false, fields = [], submit, close, children }) {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);

  /** @param {Event} event */
  const submitted = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await submit();
      close();
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}>
    <form onSubmit=${submitted}>
      ${typeof children === "function" ? children(error) : children}
      ${error && !fields.some((field) => errorAt(error, field)) ? html`<${ErrorNote} error=${error} />` : null}
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
