// A call of the API for a shell and for Python. They never contain the session's key. Pure, but for the address.

import { PYTHON_IMPORTS, PYTHON_KEY, SHELL_KEY, pythonOf, quoted, sdkProgram } from "./programs.js";

/** @typedef {import("./openapi.js").Operation} Operation */
/** @typedef {{ path: Record<string, string>, query: Record<string, string>, header: Record<string, string>, body: string }} Values */

const OF_SDK = ["agents", "agent versions", "agent schedules", "agent runs"];

/**
 * Return the address of a call, below the origin.
 * @param {Operation} operation
 * @param {Values} values what is left out of the path stays a placeholder
 */
export function urlOf(operation, values) {
  const path = operation.path.replace(/\{(\w+)\}/g, (whole, name) => (values.path[name] ? encodeURIComponent(values.path[name]) : whole));
  const query = new URLSearchParams(Object.entries(values.query).filter(([, value]) => value !== ""));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** @param {Operation} operation */
const isOfSdk = ({ tag, description }) => OF_SDK.includes(tag) && !description.startsWith("Extension");

/**
 * @param {Operation} operation
 * @param {Values} values
 * @returns {Record<string, string>}
 */
export function snippetsOf(operation, values) {
  return {
    curl: curl(operation, values),
    [isOfSdk(operation) ? "Python SDK" : "Python"]: isOfSdk(operation) ? sdk(operation, values) : httpx(operation, values),
  };
}

/**
 * @param {Operation} operation
 * @param {Values} values
 */
function curl(operation, values) {
  const lines = [`curl ${operation.method === "GET" ? "" : `-X ${operation.method} `}${quoted(location.origin + urlOf(operation, values))}`];
  if (!operation.open) lines.push(`-H "Authorization: Bearer ${SHELL_KEY}"`);
  for (const [name, value] of Object.entries(values.header)) if (value) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (values.body.trim()) lines.push('-H "Content-Type: application/json"', `-d ${quoted(values.body)}`);
  return lines.join(" \\\n  ");
}

/**
 * @param {Operation} operation
 * @param {Values} values
 */
function sdk(operation, values) {
  const body = parsed(values.body);
  const given = [...Object.entries(values.path), ...Object.entries(values.query).filter(([, value]) => value !== "")]
    .map(([name, value]) => [name, pythonOf(scalar(value))]);
  const members = body && typeof body === "object" && !Array.isArray(body) ? Object.entries(body) : [];
  const all = [...given, ...members.map(([name, value]) => [name, pythonOf(value, 2)])];
  const headers = Object.entries(values.header).filter(([, value]) => value);
  if (headers.length > 0) all.push(["http_headers", pythonOf(Object.fromEntries(headers), 2)]);
  const call = `sdk.${operation.tag.replaceAll(" ", "_")}.${operation.id}`;
  return sdkProgram(all.length === 0 ? [`answer = ${call}()`] : [`answer = ${call}(`, ...all.map(([name, value]) => `    ${name}=${value},`), ")"]);
}

/**
 * @param {Operation} operation
 * @param {Values} values
 */
function httpx(operation, values) {
  const headers = { ...(operation.open ? {} : { Authorization: "" }), ...Object.fromEntries(Object.entries(values.header).filter(([, value]) => value)) };
  const shown = Object.entries(headers).map(([name, value]) => `${JSON.stringify(name)}: ${name === "Authorization" ? `f"Bearer {key}"` : JSON.stringify(value)}`);
  const body = parsed(values.body);
  return [
    ...PYTHON_IMPORTS,
    "import httpx",
    "",
    ...(operation.open ? [] : [`key = ${PYTHON_KEY}`]),
    "answer = httpx.request(",
    `    ${JSON.stringify(operation.method)},`,
    `    ${JSON.stringify(location.origin + urlOf(operation, values))},`,
    ...(shown.length > 0 ? [`    headers={${shown.join(", ")}},`] : []),
    ...(body === undefined ? [] : [`    json=${pythonOf(body, 1)},`]),
    ")",
    "print(answer.raise_for_status().text)",
  ].join("\n");
}

/** @param {string} body @returns {any} */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** @param {string} text */
const scalar = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text === "true" ? true : text === "false" ? false : text);
