import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, line, merge } from '../score.js';

const of = (/** @type {Record<string, number>} */ counts) => Object.entries(counts).flatMap(([status, number]) => Array.from({ length: number }, () => ({ status })));

test('The score counts what no test reaches against it', () => {
  assert.equal(count(of({ Killed: 6, Survived: 1, NoCoverage: 1 })).score, 75);
});

test('What does not compile or is left out is no mutant', () => {
  assert.deepEqual(count(of({ Killed: 3, Survived: 1, CompileError: 5, Ignored: 2, RuntimeError: 1 })), { killed: 3, survived: 1, notCovered: 0, timeouts: 0, excluded: 8, score: 75 });
});

test('A timeout that is not yet tried alone is neither killed nor survived', () => {
  const counts = count(of({ Killed: 1, Survived: 1, Timeout: 8 }));
  assert.equal(counts.score, 50);
  assert.match(line('Core', counts, 90), /8 timed out and are not yet tried alone/);
});

test('Without a mutant there is no score', () => {
  assert.equal(count([]).score, null);
  assert.match(line('Core', count([]), 90), /nothing measured/);
});

test('Of two runs the later word counts, whichever file it is in', () => {
  const early = { identity: 'x', status: 'Survived', at: '2026-01-01T00:00:00Z' }, late = { identity: 'x', status: 'Killed', at: '2026-01-02T00:00:00Z' }, other = { identity: 'y', status: 'Killed', at: '2026-01-01T00:00:00Z' };
  assert.deepEqual(merge([[early, other], [late]]), [late, other]);
  assert.deepEqual(merge([[late], [early, other]]), [late, other]);
});
