// A delivery in a few words. Pure.

/** @typedef {import("./types.js").Delivery["attempts"][number]} Attempt */

/** @param {string} status */
export const stateWord = (status) => (status === "pending" ? "Waiting" : undefined);

/** @param {Attempt | undefined} attempt */
export function answerWords(attempt) {
  return attempt ? `${attempt.status_code ?? attempt.error ?? "No answer"}, ${tookWords(attempt)}` : "–";
}

/** @param {Attempt} attempt */
export function tookWords({ duration_ms }) {
  return duration_ms < 1000 ? `${duration_ms} ms` : `${(duration_ms / 1000).toFixed(1)} s`;
}
