// What a gateway's response and a run's input say, as texts. Pure. Nothing of it is trusted to have its documented form.

/** @typedef {{ kind: "text" | "refusal" | "reasoning" | "other", title: string, text: string, value?: unknown }} Part
 * `value`: for what is no text, such as a call of a tool */

/**
 * Return the parts of a response's output, in order.
 * @param {any} response
 * @returns {Part[]}
 */
export function outputOf(response) {
  const items = Array.isArray(response?.output) ? response.output : [];
  return items.flatMap(partsOf);
}

/**
 * @param {any} item
 * @returns {Part[]}
 */
function partsOf(item) {
  const contents = Array.isArray(item?.content) ? item.content : [];
  if (item?.type === "message") {
    return contents.map((/** @type {any} */ one) => {
      if (typeof one?.text === "string") return { kind: "text", title: "", text: one.text };
      if (typeof one?.refusal === "string") return { kind: "refusal", title: "The model refused", text: one.refusal };
      return other(one);
    });
  }
  if (item?.type === "reasoning") {
    const texts = [...(Array.isArray(item.summary) ? item.summary : []), ...contents].map((one) => one?.text);
    const said = texts.filter((text) => typeof text === "string").join("\n\n");
    return said ? [{ kind: "reasoning", title: "Reasoning", text: said }] : [];
  }
  return [other(item)];
}

/**
 * @param {any} item
 * @returns {Part}
 */
function other(item) {
  const name = [item?.type?.replaceAll?.("_", " "), item?.name].filter((one) => typeof one === "string").join(": ");
  return { kind: "other", title: name.slice(0, 80) || "item", text: "", value: item };
}

/**
 * Return a run's input as messages: whose each is, and its text.
 * @param {unknown} input
 * @returns {{ role: string, text: string }[]}
 */
export function messagesOf(input) {
  if (typeof input === "string") return [{ role: "user", text: input }];
  if (!Array.isArray(input)) return [];
  return input.map((item) => {
    const role = typeof item?.role === "string" ? item.role : String(item?.type ?? "item");
    if (typeof item?.content === "string") return { role, text: item.content };
    const texts = Array.isArray(item?.content) ? item.content.map((/** @type {any} */ one) => one?.text) : [];
    const plain = texts.length > 0 && texts.every((/** @type {unknown} */ text) => typeof text === "string");
    return { role, text: plain ? texts.join("\n\n") : JSON.stringify(item, null, 2) };
  });
}

/**
 * Return the counts of a run's usage: the name and the number of tokens.
 * @param {any} usage
 * @returns {[name: string, count: number][]}
 */
export function tokensOf(usage) {
  /** @type {[string, unknown][]} */
  const found = [
    ["Input", usage?.input_tokens],
    ["of it cached", usage?.input_tokens_details?.cached_tokens],
    ["Output", usage?.output_tokens],
    ["of it reasoning", usage?.output_tokens_details?.reasoning_tokens],
    ["Total", usage?.total_tokens],
  ];
  return /** @type {[string, number][]} */ (found.filter(([name, count]) =>
    typeof count === "number" && Number.isFinite(count) && (count > 0 || !name.startsWith("of it"))));
}
