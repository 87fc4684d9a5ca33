// How a client leaves a connection whose server goes away (spec/wire.md §6).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, frames } from './virtual.js';

/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });

test('A drain is left for a new connection before the old one ends, and data goes over exactly one', async () => {
  const scene = new Scene();
  const old = await scene.ready();
  old.say(data(1, 'x'), { t: 'drain', delay: 1000, by: 5_010_000 });
  assert.equal(scene.client.state.name, 'DRAINING');
  await scene.advance(1000);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed());
  assert.equal(scene.sockets.length, 2);
  assert.deepEqual(next.of('hello')[0].resume, { session: 's1', attempt: 2, received: 1 });
  scene.client.send('during', { id: 'd' });
  assert.deepEqual([old.of('data').length, next.of('data').length], [1, 0]);
  // Handled over the old connection after the new one told its position: not acknowledged, or the attach would come too late.
  const acks = old.of('ack').length;
  old.say(data(2, 'y'));
  await scene.advance(1000);
  assert.equal(old.of('ack').length, acks);
  assert.equal(scene.client.state.name, 'DRAINING');
  next.say(resumed({ received: 0, replayTo: 2 }), data(2, 'y'));
  assert.deepEqual(old.closed, { code: 4901, reason: 'client_replaced' });
  assert.equal(scene.client.state.name, 'PROCESSING_READY');
  assert.equal(scene.client.state.connection, 'c2');
  assert.deepEqual(next.of('data'), [{ t: 'data', s: 1, id: 'd', a: 2, b: 'during' }]);
  old.say(data(3, 'ghost')).lose(4031, 'superseded');
  assert.deepEqual(scene.of('message').map(({ payload }) => payload), ['x', 'y']);
  assert.equal(scene.client.state.final, false);
});

test('A handover that fails is tried again while the old connection works', async () => {
  const scene = new Scene();
  const old = await scene.ready();
  old.say({ t: 'drain', delay: 0, by: 5_010_000 });
  await scene.advance(0);
  (await scene.socket()).lose();
  assert.equal(scene.client.state.name, 'DRAINING');
  await scene.advance(0);
  assert.equal(scene.sockets.length, 3);
  old.say(frames.closing(4202, 'moved', { retry: 'resume' })).lose(4202);
  const next = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed());
  await scene.advance(60_000);
  assert.equal(scene.sockets.length, 4);
  assert.equal(next.closed?.code, 4903);
});

test('A connection superseded by a handover that was lost on its way resumes', async () => {
  const scene = new Scene();
  const old = await scene.ready();
  old.say({ t: 'drain', delay: 0, by: 5_010_000 });
  await scene.advance(0);
  // The server attaches the new connection; its ready never arrives.
  (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed()).lose();
  old.say(frames.closing(4031, 'superseded')).lose(4031, 'superseded');
  await scene.advance(1000);
  assert.equal(scene.client.state.final, false);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed());
  assert.deepEqual(next.of('hello')[0].resume, { session: 's1', attempt: 3, received: 0 });
  next.say(resumed({ received: 0, replayTo: 0 }));
  assert.equal(scene.client.state.name, 'PROCESSING_READY');
});

test('A drain makes one connection: none before there is something to hand over, and no other while one is being made', async () => {
  const scene = new Scene();
  const drain = { t: 'drain', delay: 0, by: 5_010_000 };
  const old = (await scene.socket()).accept().say(frames.open(), frames.authed(), drain);
  await scene.advance(5_000);
  assert.equal(scene.sockets.length, 1);
  old.say(frames.ready(), drain);
  await scene.advance(0);
  assert.equal(scene.sockets.length, 2);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed());
  for (const socket of [old, next]) socket.say(drain);
  await scene.advance(5_000);
  assert.equal(scene.sockets.length, 2);
  next.say(resumed());
  assert.equal(scene.client.state.connection, 'c2');
});
