// Metadata as the rows of a form, and back. Pure.

/** @typedef {[name: string, value: string][]} Pairs */

/** @param {Record<string, string>} metadata @returns {Pairs} */
export const pairsOf = (metadata) => Object.entries(metadata);

/**
 * Return the metadata of rows; a row without a text is none. Raises an error for a name that occurs twice.
 * @param {Pairs} pairs
 * @returns {Record<string, string>}
 */
export function metadataOf(pairs) {
  const filled = pairs.filter(([name, value]) => name || value);
  const names = filled.map(([name]) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new Error(`has ${twice} twice; remove one of them`);
  return Object.fromEntries(filled);
}
