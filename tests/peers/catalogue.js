// The catalogue of close codes as spec/wire.md §7 prints it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../spec/wire.md', import.meta.url), 'utf8');
const table = /<!-- catalogue:begin[\s\S]*?<!-- catalogue:end -->/.exec(page)?.[0] ?? '';
const rows = [...table.matchAll(/^\| (\d+) \| *(\d*) *\| `(\w+)` \| (.+?) \|/gm)];

/** @type {Map<string, { codes: number[], retries: string[] }>} */
export const catalogue = new Map(rows.map(([, first, second, cause, retries]) => [cause, { codes: [first, second].filter(Boolean).map(Number), retries: [...retries.matchAll(/`(\w+)`/g)].map(([, retry]) => retry) }]));

/** What a closing frame says is what the catalogue says. @param {Record<string, any>} closing @param {string} cause @param {'first' | 'second'} [which] */
export function assertClosing(closing, cause, which = 'first') {
  const entry = catalogue.get(cause);
  assert.ok(entry, `${cause} is in the catalogue`);
  const at = which === 'first' ? 0 : 1;
  assert.deepEqual({ cause: closing.cause, code: closing.code, retry: closing.retry }, { cause, code: entry.codes[at], retry: entry.retries[at] });
  assert.equal(typeof closing.resumable, 'boolean');
  assert.equal(typeof closing.message, 'string');
}
