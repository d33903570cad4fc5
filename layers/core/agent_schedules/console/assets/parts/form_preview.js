// What the service says about a timing while it is typed: the last answer counts, whichever comes first.

import { call } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";
import { FIELDS } from "../lib/schedule_form.js";
import { errorAt, ErrorNote } from "./error.js";
import { PreviewTimes } from "./preview_times.js";

/** @typedef {import("../lib/types.js").Preview} Preview */
/** @typedef {{ preview: Preview | null, error: Error | null, stale: boolean }} Previewed */

const PATIENCE = 300; // milliseconds without typing
const SHOWN = 6;

/**
 * @param {string | null} asked the JSON of `schedule` and `policies`; null asks nothing
 * @returns {Previewed}
 */
export function usePreview(asked) {
  const [found, setFound] = useState(/** @type {{ asked: string | null, preview: Preview | null, error: Error | null }} */ ({
    asked: null, preview: null, error: null,
  }));
  useEffect(() => {
    if (asked === null) return undefined;
    const own = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const body = { ...JSON.parse(asked), count: SHOWN };
        const preview = await call("POST", "/api/v1/schedules/preview", { body, signal: own.signal });
        setFound({ asked, preview, error: null });
      } catch (error) {
        if (!own.signal.aborted) setFound((before) => ({ asked, preview: before.preview, error: /** @type {Error} */ (error) }));
      }
    }, PATIENCE);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [asked]);
  return { ...found, error: found.asked === asked ? found.error : null, stale: found.asked !== asked };
}

/** @param {Previewed & { missing: string | null }} props `missing`: what has to be filled in first */
export function PreviewPane({ preview, error, stale, missing }) {
  const elsewhere = error !== null && FIELDS.some((field) => errorAt(error, field));
  return html`<div class="preview ${stale || error || missing ? "preview-stale" : ""}" aria-live="polite" aria-busy=${String(stale)}>
    <h3>${preview && !missing && !error ? preview.description : "Next times"}</h3>
    ${missing ? html`<p class="muted">${missing}</p>` : null}
    ${error && !elsewhere ? html`<${ErrorNote} error=${error} />` : null}
    ${error && elsewhere ? html`<p class="muted">This timing is not possible as it stands: see the message at the field.</p>` : null}
    ${preview && !missing && !error ? html`<${PreviewTimes} times=${preview.occurrences}
      zone=${preview.schedule.type === "interval" ? null : preview.schedule.timezone} />
      ${preview.occurrences.length < SHOWN ? html`<p class="muted small">These are all times.</p>` : null}` : null}
    ${!preview && !missing && !error ? html`<p class="muted">Asking the service…</p>` : null}
  </div>`;
}
