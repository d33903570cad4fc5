// What a field for a local time holds. Its text has no zone: the form says which clocks are meant. Pure.

import { isZone, wallOf } from "./zones.js";

const MINUTES = "2026-05-01T09:00".length;

/**
 * Return an instant as the text of a field: with seconds only where there are some.
 * @param {number} at
 * @param {string} zone
 */
export function localInput(at, zone) {
  const text = new Date(wallOf(at, isZone(zone) ? zone : "UTC")).toISOString().slice(0, 19);
  return text.endsWith(":00") ? text.slice(0, MINUTES) : text;
}

/** The API wants seconds, which browsers leave out. @param {string} value of a field */
export const withSeconds = (value) => (value.length === MINUTES ? `${value}:00` : value);

/**
 * Return what is sent for a field: the stored instant while its text and its zone are as they were shown, because the text
 * has neither an offset nor fractions of a second.
 * @param {string} text
 * @param {string} zone
 * @param {string | null | undefined} stored
 * @param {string} storedZone in which it was shown
 */
export function sentTime(text, zone, stored, storedZone) {
  return stored && zone === storedZone && text === localInput(Date.parse(stored), storedZone) ? stored : withSeconds(text);
}

/** The step of a field in seconds: browsers refuse the seconds of its text otherwise. @param {string} text */
export const stepOf = (text) => (text.length > MINUTES ? 1 : undefined);
