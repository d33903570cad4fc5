// A form over something stored that others may change while it is filled in.

import { useEffect, useState } from "./h.js";

/** @typedef {Record<string, any>} Fields */
/**
 * @template T
 * @typedef {{ base: T, form: T, both: string[], merged: boolean }} Edited
 * `base`: the form of what is stored. `merged`: that has changed under a form with changes. `both`: the fields that this
 * form and somebody else have changed; those of the form stay.
 */

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Put the changes of a form on top of what is stored now. The fields of a group mean something together only, so they
 * stay together. Fields inside an object, such as policies, are fields of their own: `policies.overlap`.
 * @template {Fields} T
 * @param {Edited<T>} edited
 * @param {T} now
 * @param {Record<string, string[]>} [groups]
 * @returns {Edited<T>}
 */
export function rebased({ base, form, both }, now, groups = {}) {
  const grouped = new Set(Object.values(groups).flat());
  /** @type {Fields} */
  const found = { ...form }; // in the order of the form, so that texts of forms can be compared
  /** @type {string[]} */
  const contested = [];
  /** @param {string} name @param {any} before @param {any} mine @param {any} theirs */
  const choose = (name, before, mine, theirs) => {
    if (same(before, mine)) return theirs;
    if (!same(mine, theirs) && (both.includes(name) || !same(before, theirs))) contested.push(name);
    return mine;
  };
  for (const [name, fields] of Object.entries(groups)) {
    const pick = (/** @type {Fields} */ of) => Object.fromEntries(fields.map((field) => [field, of[field]]));
    Object.assign(found, choose(name, pick(base), pick(form), pick(now)));
  }
  for (const name of Object.keys(form)) {
    if (grouped.has(name)) continue;
    const nested = [base[name], form[name], now[name]].every((value) => value?.constructor === Object);
    found[name] = nested
      ? Object.fromEntries(Object.keys(form[name]).map((key) => [key, choose(`${name}.${key}`, base[name][key], form[name][key], now[name][key])]))
      : choose(name, base[name], form[name], now[name]);
  }
  return { base: now, form: /** @type {T} */ (found), both: contested, merged: !same(base, form) && !same(now, found) && !same(base, now) };
}

/**
 * `now` is the form of what is stored, as it was last read. `saved` says what was sent, and what is stored since.
 * @template {Fields} T
 * @param {T} now
 * @param {Record<string, string[]>} [groups]
 */
export function useEdited(now, groups = {}) {
  const [edited, setEdited] = useState(/** @type {Edited<T>} */ ({ base: now, form: now, both: [], merged: false }));
  useEffect(() => setEdited((before) => (same(before.base, now) ? before : rebased(before, now, groups))), [JSON.stringify(now)]);
  const change = (/** @type {Partial<T>} */ changes) => setEdited((before) => ({ ...before, form: { ...before.form, ...changes } }));
  const saved = (/** @type {T} */ sent, stored = sent) =>
    setEdited(({ form }) => ({ ...rebased({ base: sent, form, both: [], merged: false }, stored, groups), both: [], merged: false }));
  return { ...edited, change, saved, unsaved: !same(edited.form, edited.base) };
}
