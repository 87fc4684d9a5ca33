import { createHash } from 'node:crypto';

/**
 * A mutant, as the tools report it: `file` is a path below the part's source, `start` and `end` are places in its text.
 * @typedef {{ file: string, start: number, end: number, line: number, mutator: string, replacement: string, original: string }} Mutant
 * @typedef {Mutant & { place: string }} Placed
 */

/** @param {string} text */
const hash = (text) => createHash('sha256').update(text).digest('hex');

/**
 * Gives each mutant its place: the file, the text that is replaced, and the how-many-eth in the file this text is. Not the line, so that a change
 * above does not make it another one, and what was measured stays measured. Mutants that replace the same text share a place.
 * @param {Mutant[]} mutants @returns {Placed[]}
 */
export function place(mutants) {
  const seen = new Map(), places = new Map();
  return [...mutants].sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start || a.end - b.end).map((mutant) => {
    const span = `${mutant.file}:${mutant.start}-${mutant.end}`;
    if (!places.has(span)) {
      const text = `${mutant.file}\n${mutant.original}`;
      const number = (seen.get(text) ?? 0) + 1;
      seen.set(text, number);
      places.set(span, hash(`${text}\n${number}`).slice(0, 16));
    }
    return { ...mutant, place: places.get(span) };
  });
}

/**
 * The sample: places in the order of a hash with the seed, until they have as many mutants as asked for. Every place is as likely as any other,
 * and a place that comes or goes changes the sample by that place only.
 * @param {Placed[]} mutants @param {number} seed @param {number} count @returns {Placed[]}
 */
export function choose(mutants, seed, count) {
  const byPlace = group(mutants);
  const chosen = [];
  for (const [, atPlace] of [...byPlace].map(([name, list]) => /** @type {const} */ ([hash(`${seed}\n${name}`), list])).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (chosen.length >= count) break;
    chosen.push(...atPlace);
  }
  return chosen;
}

/** @param {Placed[]} mutants @returns {Map<string, Placed[]>} */
function group(mutants) {
  const groups = new Map();
  for (const mutant of mutants) groups.set(mutant.place, [...(groups.get(mutant.place) ?? []), mutant]);
  return groups;
}

/** The places of shard K of N: every place is in exactly one. @param {Placed[]} mutants @param {{ number: number, of: number }} shard */
export const inShard = (mutants, shard) => mutants.filter((mutant) => parseInt(mutant.place.slice(0, 8), 16) % shard.of === shard.number - 1);

/** In batches of about `size` mutants; a place is never cut. @param {Placed[]} mutants @param {number} size @returns {Placed[][]} */
export function batches(mutants, size) {
  const all = [];
  for (const atPlace of group(mutants).values()) {
    if (all.length === 0 || all.at(-1).length >= size) all.push([]);
    all.at(-1).push(...atPlace);
  }
  return all;
}

/** The same mutant, also in another version of the tree. @param {Placed} mutant */
export const identity = (mutant) => `${mutant.place} ${mutant.mutator} ${mutant.replacement}`;
