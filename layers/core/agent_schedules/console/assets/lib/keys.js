// The keyboard: `/` for the search, `g s` for a page, `?` for help. Not while the user types into a field.

import { useLayoutEffect } from "./h.js";

/** @typedef {{ keys: string, label: string, act: () => void }} Shortcut */

const PATIENCE = 1200; // milliseconds between the two keys of one shortcut

/** @type {Map<string, Shortcut>} */
const shortcuts = new Map();

/**
 * Add shortcuts while a component is shown, from the moment that it is.
 * @param {Shortcut[]} added
 */
export function useShortcuts(added) {
  useLayoutEffect(() => {
    for (const one of added) shortcuts.set(one.keys, one);
    return () => {
      for (const one of added) if (shortcuts.get(one.keys) === one) shortcuts.delete(one.keys);
    };
  });
}

/** Return the shortcuts that work now. */
export function known() {
  return [...shortcuts.values()];
}

/** Listen to the keyboard. */
export function startKeys() {
  let before = "";
  let pressed = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isCommand(event) || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const both = performance.now() - pressed < PATIENCE ? `${before} ${event.key}` : event.key;
    const found = shortcuts.get(both) ?? shortcuts.get(event.key);
    before = event.key;
    pressed = performance.now();
    if (!found) return;
    before = "";
    event.preventDefault();
    found.act();
  });
}

/**
 * Whether the keys are the browser's or the system's. Where a character such as `[` needs Alt or AltGr, the browser
 * reports these too, and for AltGr also Ctrl.
 * @param {KeyboardEvent} event
 */
function isCommand(event) {
  const isSign = event.altKey && !event.metaKey && /^[^\p{L}\p{N}]$/u.test(event.key);
  return !isSign && (event.ctrlKey || event.metaKey || event.altKey);
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}
