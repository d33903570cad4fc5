// The frame around every page: navigation, who is signed in, messages, help for the keyboard.

import { html, useEffect, useState } from "../lib/h.js";
import { known, useShortcuts } from "../lib/keys.js";
import { go, here } from "../lib/router.js";
import { session, signOut } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { ActingBar } from "./acting.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { Toasts } from "./toast.js";

/** @typedef {{ path: string, name: string, icon: import("./icon.js").IconName, key: string }} NavItem */

/** @type {NavItem[]} */
const NAVIGATION = [
  { path: "/console", name: "Overview", icon: "overview", key: "g o" },
  { path: "/console/schedules", name: "Schedules", icon: "schedules", key: "g s" },
  { path: "/console/calendar", name: "Calendar", icon: "calendar", key: "g c" },
  { path: "/console/agents", name: "Agents", icon: "agents", key: "g a" },
  { path: "/console/webhooks", name: "Webhooks", icon: "webhooks", key: "g w" },
  { path: "/console/settings", name: "Settings", icon: "settings", key: "g ," },
  { path: "/docs", name: "API reference", icon: "docs", key: "g d" },
];

/**
 * Whether an entry of the navigation is the place of a path.
 * @param {string} item
 * @param {string} path
 */
function isHere(item, path) {
  if (item === "/console" || item === path) return item === path;
  if (item === "/console/schedules") return path.startsWith(`${item}/`) || /\/agents\/[^/]+\/schedules\//.test(path);
  if (item === "/console/agents") return path.startsWith(`${item}/`) && !/\/schedules\//.test(path);
  return path.startsWith(`${item}/`);
}

/** @param {{ children?: import("../lib/h.js").Children }} props */
export function Shell({ children }) {
  const { path } = useStore(here);
  const [open, setOpen] = useState(false);
  const [helping, setHelping] = useState(false);
  useEffect(() => setOpen(false), [path]);
  useShortcuts([
    ...NAVIGATION.map(({ path: target, name, key }) => ({ keys: key, label: `Go to ${name}`, act: () => go(target) })),
    { keys: "?", label: "Show this help", act: () => setHelping(true) },
  ]);
  return html`<div class="shell">
    <a class="skip" href="#main">Skip to the content</a>
    <div class="topbar">
      <button type="button" class="button-bare" aria-expanded=${String(open)} aria-controls="navigation"
        onClick=${() => setOpen(!open)}><${Icon} name="menu" label="Navigation" /></button>
      <${Brand} />
    </div>
    <nav id="navigation" class="side ${open ? "side-open" : ""}" aria-label="Pages">
      <${Brand} />
      <ul class="side-list">
        ${NAVIGATION.map(({ path: target, name, icon, key }) => html`<li key=${target}>
          <a class="side-link" href=${target} title="${name} (${key})" aria-current=${isHere(target, path) ? "page" : null}>
            <${Icon} name=${icon} />${name}
          </a></li>`)}
      </ul>
      <${Account} help=${() => setHelping(true)} />
    </nav>
    <main id="main" class="main" tabindex="-1"><${ActingBar} />${children}</main>
    <${Toasts} />
    ${helping ? html`<${Help} close=${() => setHelping(false)} />` : null}
  </div>`;
}

export function Brand() {
  return html`<a class="brand" href="/console">
    <svg class="brand-mark" viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="4" /><path d="M8 4v4l2.6 1.8" /></svg>
    agent schedules
  </a>`;
}

/** @param {{ help: () => void }} props */
function Account({ help }) {
  const { who } = useStore(session);
  if (!who) return html`<div class="account"><a class="button button-wide" href="/console">Sign in</a></div>`;
  return html`<div class="account">
    <div class="account-who">
      <span class="account-tenant">${who.tenant}</span>
      <span class="muted">${who.scope === "read" ? "reads only" : `scope ${who.scope}`}</span>
    </div>
    <button type="button" class="button-bare" onClick=${help}><${Icon} name="keyboard" label="Keyboard shortcuts" /></button>
    <button type="button" class="button-bare" onClick=${() => signOut()}><${Icon} name="out" label="Sign out" /></button>
  </div>`;
}

/** @param {{ close: () => void }} props */
function Help({ close }) {
  return html`<${Dialog} title="Keyboard" close=${close}>
    <dl class="keys">
      ${known().map(({ keys, label }) => html`<div key=${keys} class="keys-row">
        <dt>${keys.split(" ").map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt><dd>${label}</dd>
      </div>`)}
      <div class="keys-row"><dt><kbd>Esc</kbd></dt><dd>Close a dialog</dd></div>
    </dl>
    <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Close</button></div>
  <//>`;
}
