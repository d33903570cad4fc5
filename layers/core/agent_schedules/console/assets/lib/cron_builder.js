// Cron expressions for a time of day: daily, weekly or monthly. Every other expression is left to the user.

/** @typedef {{ kind: "daily" | "weekly" | "monthly", time: string, weekdays: number[], monthDay: string }} Simple */

export const WEEKDAYS = [
  [1, "Mon"], [2, "Tue"], [3, "Wed"], [4, "Thu"], [5, "Fri"], [6, "Sat"], [0, "Sun"],
];

/** @param {number[]} days */
function daysText(days) {
  const sorted = [...days].sort((one, other) => one - other);
  if (sorted.length > 2 && sorted[sorted.length - 1] - sorted[0] === sorted.length - 1) return `${sorted[0]}-${sorted[sorted.length - 1]}`;
  return sorted.join(",");
}

/** @param {Simple} simple */
export function cronText({ kind, time, weekdays, monthDay }) {
  const [hour, minute] = time.split(":").map((part) => String(Number(part)));
  if (kind === "weekly") return `${minute} ${hour} * * ${daysText(weekdays)}`;
  return `${minute} ${hour} ${kind === "monthly" ? monthDay : "*"} * *`;
}

/**
 * Return an expression as a time of day, or null if it is another one.
 * @param {string} text
 * @returns {Partial<Simple> & { kind: Simple["kind"], time: string } | null}
 */
export function simpleOf(text) {
  const found = /^(\d{1,2}) (\d{1,2}) (\*|L|\d{1,2}) \* (\*|[\d,-]+)$/.exec(text);
  if (!found || Number(found[1]) > 59 || Number(found[2]) > 23) return null;
  const time = `${found[2].padStart(2, "0")}:${found[1].padStart(2, "0")}`;
  const [, , , day, weekday] = found;
  if (day !== "*" && weekday !== "*") return null;
  if (day !== "*") return Number(day) > 31 || day === "0" ? null : exactly(text, { kind: "monthly", time, monthDay: day });
  if (weekday === "*") return exactly(text, { kind: "daily", time });
  const weekdays = weekday.split(",").flatMap((part) => {
    const [first, last] = part.split("-").map(Number);
    return Array.from({ length: (last ?? first) - first + 1 }, (_, step) => first + step);
  });
  return weekdays.length > 0 && weekdays.every((one) => one >= 0 && one <= 6) ? exactly(text, { kind: "weekly", time, weekdays }) : null;
}

/**
 * Only expressions that the builder would write itself, so that it never rewrites what the user typed.
 * @param {string} text
 * @param {Partial<Simple> & { kind: Simple["kind"], time: string }} simple
 */
function exactly(text, simple) {
  return cronText({ weekdays: [], monthDay: "1", ...simple }) === text ? simple : null;
}
