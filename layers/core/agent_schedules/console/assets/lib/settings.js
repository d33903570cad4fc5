// What this browser's user prefers. Nothing secret: it is kept in localStorage.

import { Store } from "./store.js";

const NAME = "agent-schedules-console";

/** @typedef {{ theme: "auto" | "light" | "dark", zone: "browser" | "utc" | "schedule", density: "usual" | "compact", outcomes: boolean }} Settings */

/** @type {Settings} */
const defaults = { theme: "auto", zone: "browser", density: "usual", outcomes: false };

/** @returns {Settings} */
function stored() {
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem(NAME) ?? "{}") };
  } catch {
    return defaults;
  }
}

export const settings = new Store(stored());

/** @param {Partial<Settings>} changes */
export function prefer(changes) {
  settings.set({ ...settings.value, ...changes });
  try {
    localStorage.setItem(NAME, JSON.stringify(settings.value));
  } catch {
    // blocked or full: they hold until the page is left
  }
  showTheme();
}

/** Put theme and density on the page, where the style sheet finds them. */
export function showTheme() {
  document.documentElement.dataset.theme = settings.value.theme;
  document.documentElement.dataset.density = settings.value.density;
}
