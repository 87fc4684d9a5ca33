// The vectors that every implementation reads.

import { readFileSync } from 'node:fs';

/** @param {string} path from the repository's root */
export const readRepository = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** @param {string} name @returns {any} */
export const readVectors = (name) => JSON.parse(readRepository(`spec/vectors/${name}.json`));
