// An agent's configuration as the texts of a form, and back. Pure.

import { metadataOf, pairsOf } from "./metadata.js";

/** @typedef {Record<string, any>} Configuration */
/** @typedef {Record<string, any>} Form texts, but for a yes or no, and the pairs of the metadata */

/** The fields of a configuration, in the order in which people read them. */
export const FIELDS = ["name", "description", "model", "instructions", "tools", "tool_choice", "parallel_tool_calls",
  "max_tool_calls", "fallback_models", "reasoning", "text", "metadata"];
const AS_JSON = ["tools", "tool_choice", "reasoning", "text"];
const MAY_BE_NULL = ["description", "instructions"];

/** @type {Configuration} */
export const NEW = {
  name: "", description: null, model: "", instructions: null, tools: [], tool_choice: null, parallel_tool_calls: true,
  max_tool_calls: null, fallback_models: [], reasoning: null, text: null, metadata: {},
};

/**
 * @param {Configuration} of
 * @returns {Form}
 */
export function formOf(of) {
  /** @type {Form} */
  const form = {};
  for (const name of FIELDS) form[name] = fieldText(name, of[name]);
  form.parallel_tool_calls = of.parallel_tool_calls !== false;
  form.metadata = pairsOf(of.metadata ?? {});
  return form;
}

/**
 * A field's value as a text to read; an empty one stands for nothing.
 * @param {string} name
 * @param {any} value
 * @returns {string}
 */
export function fieldText(name, value) {
  if (value === null || value === undefined) return "";
  if (name === "fallback_models") return value.join("\n");
  if (name === "metadata") return Object.entries(value).map(([key, one]) => `${key}: ${one}`).join("\n");
  if (name === "tools" && value.length === 0) return "";
  return AS_JSON.includes(name) ? JSON.stringify(value, null, 2) : String(value);
}

/**
 * Return the configuration of a form, and what is wrong with its fields.
 * @param {Form} form
 * @returns {{ configuration: Configuration, wrong: Record<string, string> }}
 */
export function configurationOf(form) {
  /** @type {Configuration} */
  const configuration = {};
  /** @type {Record<string, string>} */
  const wrong = {};
  for (const name of FIELDS) {
    try {
      configuration[name] = name === "metadata" ? metadataOf(form[name]) : valueOf(name, form[name]);
    } catch (error) {
      wrong[name] = /** @type {Error} */ (error).message;
    }
  }
  return { configuration, wrong };
}

/**
 * @param {string} name
 * @param {string | boolean} given
 */
function valueOf(name, given) {
  if (typeof given === "boolean") return given;
  const text = given.trim();
  if (name === "fallback_models") return text ? text.split(/\s*\n\s*/) : [];
  if (name === "max_tool_calls") return text ? whole(text) : null;
  if (AS_JSON.includes(name)) return text ? json(text) : NEW[name];
  if (MAY_BE_NULL.includes(name)) return given === "" ? null : given;
  return given;
}

/** @param {string} text */
function whole(text) {
  if (!/^\d+$/.test(text)) throw new Error("must be a whole number");
  return Number(text);
}

/** @param {string} text */
function json(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`must be JSON: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Return the fields that differ, as an update takes them: it takes no null for the choice of tools, and `auto` is what a
 * model does without one.
 * @param {Configuration} before
 * @param {Configuration} after
 */
export function changesOf(before, after) {
  const changed = FIELDS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map((name) => [name, name === "tool_choice" ? (after[name] ?? "auto") : after[name]]));
}
