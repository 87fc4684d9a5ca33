import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PositionStore } from '../src/positionStore.js';
import { MemoryStorage } from './memoryStorage.js';

/** @type {import('../src/position.js').Position} */
const position = { instance: 'i', user: 'u', session: 's', attempt: 1, received: 0, done: 0, messages: [], answered: [], open: [], written: 0, bye: null, dropped: null, losses: [], generation: 1, proof: null, connections: [] };

test('A position that was taken and is not yet written may be removed by whoever had it', () => {
  const storage = new MemoryStorage();
  const first = new PositionStore(storage, 'k', 'first'), next = new PositionStore(storage, 'k', 'next');
  first.save(position);
  const found = next.load();
  assert.ok(found);
  next.take(/** @type {any} */ (found));
  first.remove(position);
  assert.equal(next.save(position), true);
  assert.equal(next.isRemoved, false, 'it was not yet its own');
  storage.removeItem('k');
  assert.equal(next.save(position), true);
  assert.equal(next.isRemoved, true, 'now it was');
});

test('A client that took a position yields to none that it has outlived', () => {
  const storage = new MemoryStorage();
  const first = new PositionStore(storage, 'k', 'first'), next = new PositionStore(storage, 'k', 'next');
  first.save(position);
  next.take(/** @type {any} */ (next.load()));
  assert.equal(next.save(position), true);
  assert.equal(first.save({ ...position, received: 1 }), false, 'the earlier one sees that another has it');
  assert.equal(next.newer(position), null);
});
