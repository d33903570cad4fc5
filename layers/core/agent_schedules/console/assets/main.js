// The entry: shows the sign-in, or the page of the address inside the shell.

import { html, render, useErrorBoundary } from "./lib/h.js";
import { startKeys } from "./lib/keys.js";
import { here, match, startRouter } from "./lib/router.js";
import { session } from "./lib/session.js";
import { showTheme } from "./lib/settings.js";
import { useStore } from "./lib/store.js";
import { ErrorNote } from "./parts/error.js";
import { Shell } from "./parts/shell.js";
import { Returning, SignIn } from "./parts/sign_in.js";
import { NOWHERE, ROUTES } from "./routes.js";

const REFERENCE = "/docs"; // can be read without a key

function App() {
  const { key, who } = useStore(session);
  const { path, query } = useStore(here);
  if (key === null && (path !== REFERENCE || query.has("sign-in"))) return html`<${SignIn} />`;
  if (key === null) return html`<${Shell}><${CurrentPage} /><//>`;
  if (who === null) return html`<${Returning} />`;
  return html`<${Shell}><${CurrentPage} /><//>`;
}

function CurrentPage() {
  const { path, visit } = useStore(here);
  const { user } = useStore(session); // the pages of another user begin with nothing
  for (const [pattern, page] of ROUTES) {
    const found = match(pattern, path);
    if (found) return html`<${Guard} key=${`${pattern} ${visit} ${user ?? ""}`} page=${page} parts=${found} />`;
  }
  return html`<${NOWHERE} key=${path} />`;
}

/**
 * A defect of one page does not take the navigation away.
 * @param {{ page: any, parts: Record<string, string> }} props
 */
function Guard({ page, parts }) {
  const [error, forget] = useErrorBoundary();
  if (error) return html`<${ErrorNote} error=${error} retry=${forget} />`;
  return html`<${page} ...${parts} />`;
}

showTheme();
startRouter();
startKeys();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
