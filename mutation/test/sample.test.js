import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batches, choose, identity, inShard, place } from '../sample.js';

/** A file of `lines` places with two mutants each. @param {string} file @param {number} lines */
const mutantsIn = (file, lines) => Array.from({ length: lines }, (_, line) => ['>', '<='].map((replacement) => (
  { file, start: line * 20, end: line * 20 + 5, line: line + 1, mutator: 'Equality', replacement, original: `a${line % 7} < b` }))).flat();

const all = place([...mutantsIn('A.cs', 300), ...mutantsIn('B.cs', 200)]);
const names = (/** @type {any[]} */ mutants) => mutants.map(identity).sort();

test('The same seed chooses the same mutants, whatever order they come in', () => {
  assert.deepEqual(names(choose(all, 1, 400)), names(choose(place([...all].reverse()), 1, 400)));
});

test('Another seed chooses others', () => {
  const first = new Set(names(choose(all, 1, 400)));
  const both = names(choose(all, 2, 400)).filter((name) => first.has(name)).length;
  assert.ok(both > 80 && both < 250, `${both} of 400 in both samples; by chance 160`);
});

test('There are at least as many as asked for, and a place is whole', () => {
  const chosen = choose(all, 1, 401);
  assert.equal(chosen.length, 402);
  for (const { place: name } of chosen) assert.equal(chosen.filter((mutant) => mutant.place === name).length, 2);
});

test('All are taken when there are fewer', () => assert.equal(choose(all, 1, 5000).length, 1000));

test('Lines above do not make a mutant another one, and its place in the sample stays', () => {
  const moved = place(all.map((mutant) => ({ ...mutant, start: mutant.start + 99, end: mutant.end + 99, line: mutant.line + 3 })));
  assert.deepEqual(names(moved), names(all));
  assert.deepEqual(names(choose(moved, 1, 400)), names(choose(all, 1, 400)));
});

test('The same text twice in a file is two places', () => {
  assert.equal(new Set(all.map((mutant) => mutant.place)).size, 500);
});

test('Every mutant is in exactly one shard', () => {
  const shards = [1, 2, 3].map((number) => inShard(all, { number, of: 3 }));
  assert.deepEqual(names(shards.flat()), names(all));
  for (const shard of shards) assert.ok(shard.length > 200, `${shard.length} of 1000`);
});

test('Batches have everything once and cut no place', () => {
  const cut = batches(choose(all, 1, 400), 99);
  assert.deepEqual(cut.map((batch) => batch.length), [100, 100, 100, 100]);
  assert.deepEqual(names(cut.flat()), names(choose(all, 1, 400)));
});
