// A choice from a long list, by typing a part of a name.

import { html, useId, useRef, useState } from "../lib/h.js";
import { Field } from "./field.js";

/** @typedef {{ value: string, text: string, more?: string }} Option */

const SHOWN = 50;

/**
 * @param {{
 *   label: string, value: string, set: (value: string) => void, options: Option[], more?: (option: Option) => string,
 *   hint?: import("../lib/h.js").Children, error?: string | null, placeholder?: string, own?: (typed: string) => Option | null,
 * }} props `more` returns what stands behind an option's text. `own` makes an option of what is typed, where that can be.
 */
export function ComboField({ label, value, set, options, more = (option) => option.more ?? "", hint, error, placeholder, own = () => null }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null)); // null: not typing
  const [active, setActive] = useState(0);
  const list = useId();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const chosen = options.find((option) => option.value === value);
  const typedOne = typed ? own(typed.trim()) : null;
  const found = [...(typedOne ? [typedOne] : []), ...(typed ? matching(options, typed) : options)];
  const shown = found.slice(0, SHOWN);
  const open = typed !== null;
  const choose = (/** @type {Option | undefined} */ option) => {
    if (option) set(option.value);
    setTyped(null);
  };
  /** Take what was typed whole, or the only match; anything else is no choice. */
  const left = () => {
    const whole = typed?.trim().toLowerCase() ?? "";
    const exact = found.find((option) => [option.value, option.text].some((text) => text.toLowerCase() === whole));
    choose(whole === "" ? undefined : (exact ?? (found.length === 1 ? found[0] : undefined)));
  };
  const show = () => {
    setTyped("");
    const place = options.findIndex((option) => option.value === value);
    setActive(place >= 0 && place < SHOWN ? place : 0);
  };
  /** @param {number} next */
  const move = (next) => {
    const place = Math.max(0, Math.min(shown.length - 1, next));
    setActive(place);
    box.current?.querySelectorAll("[role=option]")[place]?.scrollIntoView({ block: "nearest" });
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) show();
      else move(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      choose(shown[active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setTyped(null);
    }
  };
  return html`<${Field} label=${label} hint=${hint} error=${error} control=${(/** @type {object} */ attributes) => html`
    <div class="combo" ref=${box}>
      <input ...${attributes} class="input" type="text" role="combobox" autocomplete="off" spellcheck=${false} aria-autocomplete="list"
        aria-expanded=${String(open)} aria-controls=${list} aria-activedescendant=${open && shown.length > 0 ? `${list}-${active}` : null}
        placeholder=${open && chosen ? chosen.text : placeholder} value=${typed ?? chosen?.text ?? value}
        onInput=${(/** @type {any} */ event) => { setTyped(event.currentTarget.value); setActive(0); }}
        onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} onClick=${() => (open ? undefined : show())} onKeyDown=${pressed} onBlur=${left} />
      <div class="combo-list" hidden=${!open}>
      <ul id=${list} role="listbox" aria-label="Choices: ${label}">
        ${open ? shown.map((option, place) => html`<li key=${option.value} id="${list}-${place}" role="option" class="combo-option"
          aria-selected=${String(place === active)} onMouseDown=${(/** @type {Event} */ event) => { event.preventDefault(); choose(option); }}>
          <span>${option.text}</span><span class="muted">${more(option)}</span></li>`) : null}
      </ul>
      ${open && shown.length === 0 ? html`<p class="combo-note">Nothing matches.</p>` : null}
      ${open && found.length > SHOWN ? html`<p class="combo-note">${found.length - SHOWN} more: type to find them</p>` : null}
      </div>
    </div>`} />`;
}

/**
 * Return the options that have each word that was typed, whatever the case; `_` and `/` are spaces. Those in which words
 * begin so come first.
 * @param {Option[]} options
 * @param {string} typed
 */
function matching(options, typed) {
  const flat = (/** @type {string} */ text) => text.toLowerCase().replace(/[_/]/g, " ");
  const words = flat(typed).trim().split(" ");
  /** @type {[Option[], Option[]]} */
  const [first, second] = [[], []];
  for (const option of options) {
    const text = ` ${flat(`${option.text} ${option.value}`)}`;
    if (words.every((word) => text.includes(` ${word}`))) first.push(option);
    else if (words.every((word) => text.includes(word))) second.push(option);
  }
  return [...first, ...second];
}
