import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { merge } from './score.js';
import { root } from './tree.js';

export const folder = path.join(root, 'artifacts/mutation');

/** @typedef {import('./sample.js').Placed & { identity: string, status: string, at: string, how: string }} Result */

/** @param {string} file @param {unknown} value */
export function write(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  // Whole or not at all: a run may be stopped at any instant.
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Two runs in one copy of the tree would take each other's mutants for the source. Who has it is in a file.
 * @param {string} work @returns {number | null} the process that has it, if another one has
 */
export function claim(work) {
  const file = path.join(work, 'owner'), owner = read(file, 0);
  if (owner !== 0 && owner !== process.pid && isAlive(owner)) return owner;
  write(file, process.pid);
  return null;
}

/** @param {number} id */
function isAlive(id) {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

/** @template T @param {string} file @param {T} fallback @returns {T} */
export const read = (file, fallback) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : fallback);

/**
 * The results of one part: its file, and those that shards have beside it.
 * @param {string} name @param {string} [into]
 */
export function results(name, into = folder) {
  const own = path.join(into, `${name}.json`);
  const shards = () => (existsSync(into) ? readdirSync(into).filter((file) => new RegExp(`^${name}\\.\\d+-of-\\d+\\.json$`).test(file)).map((file) => path.join(into, file)) : []);
  return {
    /** What is known with this seed. @param {number} seed @returns {Result[]} */
    of: (seed) => merge([own, ...shards()].map((file) => read(file, { seed, results: [] })).filter((known) => known.seed === seed).map((known) => known.results)),

    /** The seed of what is known. @returns {number} */
    seed: () => read(own, { seed: 1 }).seed,

    /** @param {object} about @param {Result[]} all @param {{ number: number, of: number } | null} shard */
    keep: (about, all, shard) => write(shard ? path.join(into, `${name}.${shard.number}-of-${shard.of}.json`) : own, { ...about, results: all }),

    about: () => read(own, /** @type {any} */ (null)),
  };
}

/**
 * What is known of a sample: what is no longer in it goes, and what has moved gets its new line. The list of all mutants has a status, too, which is none.
 * @param {(import('./sample.js').Placed & { identity: string })[]} sample @param {Result[]} known @returns {Map<string, Result>}
 */
export function recall(sample, known) {
  const byName = new Map(known.map((result) => [result.identity, result]));
  return new Map(sample.filter(({ identity }) => byName.has(identity)).map((mutant) => {
    const { status, at, how } = /** @type {Result} */ (byName.get(mutant.identity));
    return [mutant.identity, { ...mutant, status, at, how }];
  }));
}
