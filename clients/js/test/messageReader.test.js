import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageReader } from '../src/messageReader.js';

/** @type {any} */
const item = { type: 'message' };

test('A loop that was left is done, also for who asks again', async () => {
  let left = 0;
  const reader = new MessageReader(() => left++);
  assert.deepEqual(await reader.return(), { done: true, value: undefined });
  assert.deepEqual(await reader.return(), { done: true, value: undefined });
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
  assert.equal(left, 1);
  assert.equal(await reader.offer(item), false);
});

test('A loop that is left by an exception passes it on, and is done', async () => {
  const reader = new MessageReader(() => {});
  const error = new Error('mine');
  await assert.rejects(reader.throw(error), error);
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
});
