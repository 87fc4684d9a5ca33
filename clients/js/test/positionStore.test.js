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

test('A position by a client that knows nothing of lives is newer where its session is further', () => {
  const storage = new MemoryStorage();
  const store = new PositionStore(storage, 'k', 'mine');
  const mine = { ...position, attempt: 2, generation: 2, received: 2, done: 2 };
  store.save(mine);
  const { written, bye, dropped, losses, proof, connections, ...old } = mine;
  for (const [fields, isNewer] of /** @type {const} */ ([
    [{}, false], [{ attempt: 1, generation: 1, received: 1, done: 1 }, false], [{ session: null }, false], [{ session: 'other', attempt: 9 }, false], [{ attempt: 3 }, true], [{ generation: 3 }, true], [{ received: 3 }, true], [{ done: 3 }, true],
  ])) {
    storage.setItem('k', JSON.stringify({ version: 1, ...old, ...fields }));
    assert.equal(store.newer(mine) !== null, isNewer, JSON.stringify(fields));
  }
});

test('What this client wrote itself, of whatever life, is not another\'s', () => {
  const storage = new MemoryStorage();
  const store = new PositionStore(storage, 'k', 'mine');
  store.save(position);
  const before = storage.getItem('k') ?? '';
  store.save({ ...position, received: 1 });
  storage.setItem('k', before);
  assert.equal(store.newer(position), null);
});
