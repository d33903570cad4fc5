// Icons: drawn with strokes in the colour of the text next to them. They never stand alone without a name.

import { html } from "../lib/h.js";

const PATHS = {
  overview: "M2.5 8.5 8 3l5.5 5.5M4 7.5V13h8V7.5",
  schedules: "M8 4.5V8l2.3 1.4M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  calendar: "M3 4h10v9H3zM3 7h10M5.5 2.5V5M10.5 2.5V5",
  agents: "M4 6h8v6.5H4zM8 6V3.5M6.3 9h.01M9.7 9h.01M2.5 8v2.5M13.5 8v2.5",
  webhooks: "M6.5 9.5 9.5 6.5M7 5l1.2-1.2a2.8 2.8 0 0 1 4 4L11 9M9 11l-1.2 1.2a2.8 2.8 0 0 1-4-4L5 7",
  settings: "M3 5h5M11 5h2M3 11h2M8 11h5M8 3.5v3M5 9.5v3",
  docs: "M4 2.5h6l2.5 2.5v8.5H4zM6 7h4.5M6 9.5h4.5",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  resume: "M4 3.5v9M7 3.5v9l6-4.5z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.5M9.2 7v3.5",
  edit: "M3 13l.6-2.6L10.5 3.5l2 2-6.9 6.9zM9 5l2 2",
  check: "M3.5 8.5 6.5 11.5 12.5 5",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  warn: "M8 3 14 13H2zM8 6.8v2.7M8 11.2v.01",
  skip: "M4 4l5 4-5 4zM11.5 4v8",
  late: "M8 5v3.2l2 1.3M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  wait: "M5 3h6M5 13h6M5.5 3c0 3 5 4 5 10M10.5 3c0 3-5 4-5 10",
  run: "M13.5 8A5.5 5.5 0 1 1 10 2.9",
  dot: "M8 7.5v1",
  stop: "M4.5 4.5h7v7h-7z",
  half: "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3h3",
  plus: "M8 3v10M3 8h10",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 13.5 13.5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  copy: "M5.5 5.5V3H13v7.5h-2.5M3 5.5h7.5V13H3z",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  out: "M9.5 3H13v10H9.5M3 8h6.5M7 5.5 9.5 8 7 10.5",
  keyboard: "M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.5h6",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {{ name: IconName, label?: string }} props `label`: for an icon without a text next to it */
export function Icon({ name, label }) {
  return html`<svg class="icon icon-${name}" viewBox="0 0 16 16" role=${label ? "img" : null} aria-label=${label ?? null}
    aria-hidden=${label ? null : "true"}><path d=${PATHS[name]} /></svg>`;
}
