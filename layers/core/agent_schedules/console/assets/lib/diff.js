// The lines in which two texts differ. Pure.

const MOST = 1_000_000; // pairs of lines that are compared; longer texts are shown one after the other

/** @typedef {{ sign: " " | "-" | "+", text: string }} Line */

/**
 * @param {string} before
 * @param {string} after
 * @returns {Line[]}
 */
export function diffOf(before, after) {
  const old = before === "" ? [] : before.split("\n");
  const now = after === "" ? [] : after.split("\n");
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return [
    ...old.slice(0, start).map(same),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...old.slice(old.length - end).map(same),
  ];
}

/**
 * Return the shortest change, by the longest common subsequence.
 * @param {string[]} old
 * @param {string[]} now
 * @returns {Line[]}
 */
function middle(old, now) {
  if (old.length * now.length > MOST) return [...old.map(removed), ...now.map(added)];
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = old[i] === now[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      lines.push(same(old[i]));
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
      lines.push(removed(old[i]));
      i += 1;
    } else {
      lines.push(added(now[j]));
      j += 1;
    }
  }
  return [...lines, ...old.slice(i).map(removed), ...now.slice(j).map(added)];
}

/** @param {string} text @returns {Line} */
const same = (text) => ({ sign: " ", text });
/** @param {string} text @returns {Line} */
const removed = (text) => ({ sign: "-", text });
/** @param {string} text @returns {Line} */
const added = (text) => ({ sign: "+", text });
