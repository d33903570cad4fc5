// A text of the API's description: paragraphs, and code between backticks. Always as text.

import { html } from "../lib/h.js";

/** @param {{ text: string }} props */
export function Prose({ text }) {
  return text.split(/\n\s*\n/).filter((one) => one.trim()).map((one, index) => html`<p key=${index}><${Coded} text=${one.replaceAll("\n", " ")} /></p>`);
}

/** @param {{ text: string }} props */
export function Coded({ text }) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? html`<code key=${index}>${part}</code>` : part));
}
