// The API's own description, made ready to be shown. Pure. References are followed when they are looked at, so circles
// do no harm.

/** @typedef {any} Schema */
/**
 * @typedef {{
 *   id: string, method: string, path: string, tag: string, summary: string, description: string,
 *   parameters: any[], body: Schema | null, bodyRequired: boolean, responses: [status: string, response: any][], open: boolean,
 * }} Operation `open`: it takes no key
 */

const METHODS = ["get", "put", "post", "delete"];

/**
 * Return a document's operations in the order of its tags.
 * @param {any} document
 * @returns {Operation[]}
 */
export function operationsOf(document) {
  /** @type {Operation[]} */
  const found = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const one = item[method];
      if (!one) continue;
      found.push({
        id: one.operationId,
        method: method.toUpperCase(),
        path,
        tag: one.tags?.[0] ?? "",
        summary: firstSentence(one.description ?? one.summary ?? ""),
        description: one.description ?? "",
        parameters: one.parameters ?? [],
        body: one.requestBody?.content?.["application/json"]?.schema ?? null,
        bodyRequired: one.requestBody?.required === true,
        responses: Object.entries(one.responses),
        open: one.security?.length === 0,
      });
    }
  }
  const order = tagsOf(document).map((tag) => tag.name);
  return found.sort((one, other) => order.indexOf(one.tag) - order.indexOf(other.tag));
}

/** @param {any} document @returns {{ name: string, description: string }[]} */
export const tagsOf = (document) => document.tags ?? [];

/** @param {string} text */
function firstSentence(text) {
  const plain = text.replace(/^Extension: /, "").replaceAll("\n", " ");
  const [first] = plain.split(/(?<=[.;:])\s/);
  return (first.charAt(0).toUpperCase() + first.slice(1)).replace(/[.;:]$/, "");
}

/**
 * Whether an operation has all words of a search.
 * @param {Operation} operation
 * @param {string} search
 */
export function isFound(operation, search) {
  const text = `${operation.id} ${operation.method} ${operation.path} ${operation.tag} ${operation.description}`.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/**
 * Return what a reference names, and its name.
 * @param {any} document
 * @param {any} node
 * @returns {{ name: string | null, node: any }}
 */
export function resolved(document, node) {
  let name = null;
  let found = node;
  for (let steps = 0; typeof found?.$ref === "string" && steps < 10; steps += 1) {
    const parts = found.$ref.split("/").slice(1);
    name = parts.at(-1) ?? null;
    const { $ref: _, ...own } = found;
    const target = parts.reduce((/** @type {any} */ at, /** @type {string} */ part) => (at && Object.hasOwn(at, part) ? at[part] : undefined), document);
    found = { ...target, ...own };
  }
  return { name, node: found ?? {} };
}

/**
 * Return the alternatives of a schema without null, and whether null is one of them.
 * @param {Schema} schema
 * @returns {{ options: Schema[], nullable: boolean }}
 */
export function optionsOf(schema) {
  /** @type {Schema[]} */
  const all = schema.anyOf ?? schema.oneOf ?? [schema];
  const options = all.filter((one) => one.type !== "null");
  return { options, nullable: options.length < all.length };
}

/**
 * Return a schema's type in a few words.
 * @param {any} document
 * @param {Schema} schema
 * @returns {string}
 */
export function typeWords(document, schema) {
  const { options, nullable } = optionsOf(schema);
  const words = [...new Set(options.map((one) => oneType(document, one)))];
  return [...words, ...(nullable ? ["null"] : [])].join(" or ");
}

/**
 * @param {any} document
 * @param {Schema} schema
 * @returns {string}
 */
function oneType(document, schema) {
  const { name, node } = resolved(document, schema);
  if (node.anyOf ?? node.oneOf) return name ?? typeWords(document, node);
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" or ");
  if (node.type === "array") return `array of ${node.items ? typeWords(document, node.items) : "anything"}`;
  if (name) return name;
  if (Array.isArray(node.type)) return node.type.join(" or ");
  return node.format ? `${node.type}, ${node.format}` : (node.type ?? "anything");
}

/**
 * Return what a value must be, beyond its type.
 * @param {Schema} schema
 * @returns {string[]}
 */
export function limitsOf(schema) {
  const of = optionsOf(schema).options.length === 1 ? { ...schema, ...optionsOf(schema).options[0] } : schema;
  const found = [
    rangeWords(of.minimum, of.maximum, ""), rangeWords(of.minLength, of.maxLength, " characters"),
    rangeWords(of.minItems, of.maxItems, " items"), rangeWords(of.minProperties, of.maxProperties, " members"),
    of.default === undefined || of.default === null ? "" : `default ${JSON.stringify(of.default)}`,
    of.pattern && of.format !== "date-time" ? `pattern ${of.pattern}` : "",
  ];
  return found.filter(Boolean);
}

/**
 * @param {number | undefined} least
 * @param {number | undefined} most
 * @param {string} unit
 */
function rangeWords(least, most, unit) {
  const [from, to] = [least, most].map((one) => one?.toLocaleString("en"));
  if (from !== undefined && to !== undefined) return `${from} to ${to}${unit}`;
  if (to !== undefined) return `at most ${to}${unit}`;
  return from === undefined ? "" : `at least ${from}${unit}`;
}

/**
 * Return the schemas inside of a schema, by their names: the members of an object, or of each of its alternatives.
 * @param {any} document
 * @param {Schema} schema
 * @returns {{ title: string | null, members: [name: string, schema: Schema, required: boolean][] }[]}
 */
export function insideOf(document, schema) {
  const { node } = resolved(document, schema);
  const { options } = optionsOf(node);
  if (options.length > 1) {
    return options.flatMap((one) => insideOf(document, one).map((part) => ({ ...part, title: part.title ?? typeWords(document, one) })));
  }
  const { name, node: only } = resolved(document, options[0] ?? {});
  if (only !== node && (only.anyOf ?? only.oneOf)) return insideOf(document, only);
  if (only.type === "array" && only.items) return insideOf(document, only.items);
  const members = Object.entries(only.properties ?? {}).map(([member, of]) =>
    /** @type {[string, Schema, boolean]} */ ([member, of, (only.required ?? []).includes(member)]));
  if (typeof only.additionalProperties === "object" && Object.keys(only.additionalProperties).length > 0) {
    members.push(["any name", only.additionalProperties, false]);
  }
  return members.length > 0 ? [{ title: name, members }] : [];
}

/**
 * Return the examples of a body, the document's own first.
 * @param {any} document
 * @param {Schema | null} schema
 * @returns {unknown[]}
 */
export function examplesOf(document, schema) {
  if (!schema) return [];
  const { node } = resolved(document, schema);
  if (Array.isArray(node.examples)) return node.examples;
  return optionsOf(node).options.filter((one) => one !== node).flatMap((one) => examplesOf(document, one));
}
