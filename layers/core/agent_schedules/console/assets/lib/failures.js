// The codes of a run's error: what each means, and what to do about it.

/** @type {Record<string, string>} */
const ADVICE = {
  timeout: "It did not end within its timeout. Raise `policies.timeout_seconds` of the schedule, or let the agent do less in one run.",
  gateway_refused: "The gateway refused the request. Check the agent's model, tools and other settings, then run it again.",
  gateway_unavailable: "The gateway could not be reached, or stayed busy until the time was up. Run it again when the gateway is well.",
  gateway_timeout: "The gateway did not answer in time. It may have worked on it all the same: look there before you run it again.",
  gateway_invalid: "The gateway's answers were not those of a Responses API. An operator should check its address and what stands before it.",
  gateway_failed: "The gateway reported a failure. Its message says why; run it again if that has passed.",
  agent_deleted: "The agent was deleted. Restore it to run again.",
  schedule_deleted: "The schedule was deleted while the run waited for its turn.",
  overlap: "The next occurrence came before it had ended, and the schedule's overlap policy cancels the earlier run.",
  server_error: "The model's provider had an error. Run it again; if it comes back, look at the provider's status.",
  rate_limit_exceeded: "The provider's rate limit was reached. Spread the schedules, or ask the provider for a higher limit.",
};

/** @param {unknown} code */
export function adviceOf(code) {
  return (typeof code === "string" && Object.hasOwn(ADVICE, code) && ADVICE[code])
    || "The code is the gateway's own. Its message says why; run it again if that has passed.";
}

/**
 * Why a response is incomplete.
 * @param {any} response
 */
export function incompleteWords(response) {
  const reason = response?.incomplete_details?.reason;
  if (reason === "max_output_tokens") return "The answer reached the most tokens that the model may write.";
  if (reason === "content_filter") return "The provider's content filter stopped the answer.";
  return typeof reason === "string" ? `The gateway stopped: ${reason}.` : "The gateway stopped before the end of the answer.";
}

/**
 * In a word, for lists.
 * @type {Record<string, string>}
 */
export const STARTED_BY = {
  schedule: "By schedule", api: "By a call", manual: "By hand", backfill: "By backfill", retry: "Run again",
};

/** @type {Record<string, string>} */
export const TRIGGERS = {
  schedule: "Its schedule, at a time of its timing",
  api: "A call of the API, without a schedule",
  manual: "Someone ran the schedule by hand",
  backfill: "A backfill of the schedule's past times",
  retry: "Someone ran an earlier run again",
};
