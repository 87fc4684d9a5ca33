// A client whose page is loaded again: what is kept, when, and for whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRefused } from '../src/index.js';
import { MemoryStorage, Scene, frames } from './virtual.js';

/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });

test('A reload resumes: position, unfinished messages, stops, provisional tries and ids', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  const first = await before.ready();
  before.client.send('done', { id: 'a' });
  before.client.send('running', { id: 'b' });
  before.client.send('waiting', { id: 'c' });
  before.client.stop('c');
  assert.equal(JSON.parse(storage.getItem('airlock:ws://test/chat') ?? '').messages[2].stop, true);
  first.say({ t: 'ack', a: 2, d: 1 }, data(1, 'part', { re: 2, try: 1, p: true }));

  const after = new Scene({ storage });
  assert.deepEqual(after.client.pending.map(({ id, payload }) => [id, payload]), [['b', 'running'], ['c', 'waiting']]);
  const second = (await after.socket()).accept().say(frames.open());
  assert.equal(second.of('hello')[0].instance, first.of('hello')[0].instance);
  assert.deepEqual(second.of('hello')[0].resume, { session: 's1', attempt: 2, received: 1 });
  second.say(frames.authed(), resumed({ received: 2, done: 1, replayTo: 1 }));
  assert.deepEqual(second.of('data'), [{ t: 'data', s: 3, id: 'c', b: 'waiting' }]);
  assert.deepEqual(second.of('stop'), [{ t: 'stop', s: 3 }]);
  second.say(data(2, 'rest', { re: 2, try: 1, p: true }), { t: 'end', s: 3, re: 2, try: 1, a: 3, d: 2 });
  assert.deepEqual(after.of('message').map(({ id }) => id), ['b']);

  second.lose();
  await after.advance(0);
  (await after.socket()).accept().say(frames.open());
  assert.equal((await after.socket()).of('hello')[0].resume.attempt, 3);
});

test('An attempt is kept before it is told: a reload in between uses a higher one', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  (await before.ready()).lose();
  await before.advance(0);
  assert.equal((await before.socket()).accept().say(frames.open()).of('hello')[0].resume.attempt, 2);
  const after = new Scene({ storage });
  assert.equal((await after.socket()).accept().say(frames.open()).of('hello')[0].resume.attempt, 3);
});

test('received is kept in the same step in which the listener ends', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage, listen: false });
  /** @type {number[]} */
  const during = [];
  const received = () => JSON.parse(storage.getItem('airlock:ws://test/chat') ?? '').received;
  scene.client.addEventListener('message', () => { during.push(received()); });
  const socket = await scene.ready();
  socket.say(data(1, 'x'));
  assert.equal(received(), 1);
  socket.say(data(2, 'y'));
  assert.equal(received(), 2);
  assert.deepEqual(during, [0, 1]);
});

test('A storage that is full is told once and stops nothing', async () => {
  const storage = Object.assign(new MemoryStorage(), { setItem: () => { throw new Error('full'); } });
  const scene = new Scene({ storage });
  const socket = await scene.ready();
  socket.say(data(1, 'x'), data(2, 'y'));
  assert.equal(scene.of('storage').length, 1);
  assert.equal(scene.of('message').length, 2);
});

test('A position that cannot be read is not used', async () => {
  const whole = { version: 1, instance: 'i', user: null, session: 's', attempt: 1, received: 0, done: 0, messages: [], answered: [], open: [] };
  const loss = { session: 's', received: 0, lost: [{ direction: 'up', from: 1, to: 1 }], open: [] };
  const range = (/** @type {object} */ fields) => ({ ...whole, losses: [{ ...loss, lost: [{ direction: 'up', from: 1, to: 1, ...fields }] }] });
  const damaged = [{ ...whole, attempt: -1 }, { ...whole, losses: 1 }, { ...whole, losses: [null] }, { ...whole, losses: [{ ...loss, session: '' }] }, { ...whole, losses: [{ ...loss, received: -1 }] }, { ...whole, losses: [{ ...loss, open: [{}] }] }, range({ direction: 'left' }), range({ from: 0 }), range({ to: 0 })];
  for (const [text, isGood] of [...[whole, { ...whole, losses: [loss] }].map((each) => /** @type {const} */ ([JSON.stringify(each), true])), ...['{', 'null', '{"version":1}', '{"version":9,"instance":"x"}', ...damaged.map((each) => JSON.stringify(each))].map((each) => /** @type {const} */ ([each, false]))]) {
    const storage = new MemoryStorage();
    storage.setItem('airlock:ws://test/chat', text);
    const socket = (await new Scene({ storage }).socket()).accept().say(frames.open());
    assert.equal(socket.of('hello')[0].resume?.session, isGood ? 's' : undefined, text);
  }
});

test('Messages of one user are not sent as another', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  before.client.send('private');
  const after = new Scene({ storage });
  const receipt = after.client.pending[0];
  const socket = (await after.socket()).accept().say(frames.open(), frames.authed({ user: 'eve' }), frames.ready({ session: 's2', attempt: 2, lost: [{ direction: 'down', from: 1, to: null }] }));
  await assert.rejects(receipt?.done ?? Promise.resolve(), (error) => error instanceof MessageRefused && error.cause === 'principal_changed');
  assert.deepEqual(socket.of('data'), []);
});

test('What was sent behind an earlier page\'s end is not sent as another user, also after a second reload', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  void before.client.end().catch(() => undefined);
  const between = new Scene({ storage });
  between.client.send('private', { id: 'private' });
  (await between.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed(), frames.closing(1000, 'bye')).lose(1000, 'bye');
  assert.equal(JSON.parse(storage.getItem('airlock:ws://test/chat') ?? '').session, null);

  const after = new Scene({ storage });
  const receipt = after.client.pending[0];
  const socket = (await after.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed({ user: 'eve' }), frames.ready({ session: 's2' }));
  await assert.rejects(receipt?.done ?? Promise.resolve(), (error) => error instanceof MessageRefused && error.cause === 'principal_changed');
  assert.deepEqual(socket.of('data'), []);
});

test('What an earlier page has said end to is ended first; what is sent meanwhile goes into a session of its own', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  const first = await before.ready();
  before.client.send('one', { id: 'one' });
  void before.client.end().catch(() => undefined);
  assert.deepEqual(first.sent.slice(1).map(({ t }) => t), ['data', 'bye']);

  const after = new Scene({ storage });
  const two = after.client.send('two', { id: 'two' });
  const socket = (await after.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ resume: 'resumed', generation: 2, attempt: 2, received: 1 }));
  after.client.send('three', { id: 'three' });
  assert.deepEqual(socket.sent.slice(1).map(({ t }) => t), ['bye'], 'a new message after bye would be refused for ever');
  socket.say({ t: 'data', s: 1, re: 1, try: 1, b: 'answer', a: 1, d: 1 });
  assert.deepEqual(socket.of('ack').map(({ a }) => a), [1]);
  socket.say(frames.closing(1000, 'bye')).lose(1000, 'bye');
  assert.deepEqual([after.client.state.final, after.client.pending.map(({ id }) => id)], [false, ['two', 'three']]);
  await after.advance(500);
  const next = (await after.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ session: 's2' }), { t: 'data', s: 1, b: 'push' });
  assert.deepEqual([next.of('hello')[0].resume, next.of('data').map(({ s, id }) => [s, id]), next.of('bye')], [undefined, [[1, 'two'], [2, 'three']], []]);
  assert.deepEqual([after.of('lost'), after.of('message').map(({ session, payload }) => [session, payload])], [[], [['s1', 'answer'], ['s2', 'push']]]);
  next.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(await two.done, { stopped: false });
  assert.equal(JSON.parse(storage.getItem('airlock:ws://test/chat') ?? '').bye, null);
});

test('A session that ended behind an earlier page\'s bye, unheard, is no loss, and the next one is not ended', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  void before.client.end().catch(() => undefined);
  const after = new Scene({ storage });
  after.client.send('one', { id: 'one' });
  const next = (await after.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [] }));
  assert.deepEqual([after.of('lost'), next.of('bye'), next.of('data').map(({ s, id }) => [s, id])], [[], [], [[1, 'one']]]);
});

test('A client that leaves before it has dialed leaves the position as it was', async () => {
  const storage = new MemoryStorage();
  const first = new Scene({ storage });
  (await first.ready()).say(data(1, 'x'));
  void first.client.close();
  const kept = JSON.parse(String([...storage.items.values()][0]));
  assert.equal(kept.received, 1);
  const next = new Scene({ storage });
  await next.client.close();
  assert.equal((await next.client.closed).cause, 'client_closed');
  assert.equal(next.sockets.length, 0);
  const { life, writer, ...after } = JSON.parse(String([...storage.items.values()][0]));
  assert.deepEqual(after, (({ life: _, writer: __, ...rest }) => rest)(kept));
});
