// The parts of which snippets are made: for a shell, and in Python. They never contain the session's key.

import { LOCAL_KEY } from "./session.js";

/** The API key in a shell's double quotes. */
export const SHELL_KEY = LOCAL_KEY || "$AGENT_SCHEDULES_KEY";

/** The API key as an expression of Python, and the lines that it needs at the top of the program. */
export const PYTHON_KEY = LOCAL_KEY ? JSON.stringify(LOCAL_KEY) : 'os.environ["AGENT_SCHEDULES_KEY"]';
export const PYTHON_IMPORTS = LOCAL_KEY ? [] : ["import os", ""];

/** The line that sets up the command line. */
export const ENVIRONMENT = `export AGENT_SCHEDULES_URL=${location.origin} AGENT_SCHEDULES_KEY=${LOCAL_KEY || "agsched_…"}`;

/**
 * Quote a text for a POSIX shell.
 * @param {string} text
 */
export function quoted(text) {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Return a program that uses the SDK.
 * @param {string[]} lines what it does with `sdk`
 */
export function sdkProgram(lines) {
  return [
    ...PYTHON_IMPORTS,
    "from meetkai_mka1 import SDK",
    "",
    `with SDK(server_url=${JSON.stringify(location.origin)}, bearer_auth=${PYTHON_KEY}) as sdk:`,
    ...lines.map((line) => `    ${line}`),
  ].join("\n");
}

/**
 * Return a JSON value as Python writes it.
 * @param {unknown} value
 * @param {number} [depth] of the line that it begins in
 * @returns {string}
 */
export function pythonOf(value, depth = 0) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map((one) => pythonOf(one, depth + 1))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${pythonOf(one, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const line = `${open}${parts.join(", ")}${close}`;
  if (line.length < 70 && !line.includes("\n")) return line;
  const space = "    ".repeat(depth + 1);
  return `${open}\n${parts.map((part) => `${space}${part},\n`).join("")}${"    ".repeat(depth)}${close}`;
}
