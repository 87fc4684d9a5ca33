// Positions that several clients have had: copies of a tab's storage, numbers that two may have used, sessions that were given up (spec/client.md, Position).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRefused } from '../src/index.js';
import { PositionStore } from '../src/positionStore.js';
import { Session } from '../src/session.js';
import { MemoryStorage, Scene, VirtualTime, frames } from './virtual.js';

const KEY = 'airlock:ws://test/chat';
/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });
/** @param {MemoryStorage} storage */
const kept = (storage) => JSON.parse(storage.getItem(KEY) ?? 'null');

test('A duplicated tab takes the session over; the older one, loaded again, begins its own', async () => {
  const storage = new MemoryStorage();
  const a = new Scene({ storage });
  const first = await a.ready();
  const copy = new MemoryStorage();
  copy.items = new Map(storage.items);
  const b = new Scene({ storage: copy });
  (await b.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed());
  first.say(frames.closing(4031, 'superseded')).lose(4031, 'superseded');
  assert.deepEqual([a.client.state.final, a.client.state.lastClose?.cause], [true, 'superseded']);

  const again = new Scene({ storage });
  (await again.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.closing(4016, 'stale_attempt')).lose(4016, 'stale_attempt');
  assert.equal(again.client.state.final, false);
  await again.advance(250);
  assert.equal((await again.socket()).accept().say(frames.open({ connection: 'c4' })).of('hello')[0].resume, undefined);
});

test('Where the copy of a position was gone on with, no message takes another for its own', async () => {
  for (const [fields, why] of /** @type {const} */ ([
    [{ received: 2, previous: { connection: 'c9', code: 1006, cause: 'transport_lost' } }, 'somebody else was attached'],
    [{ received: 3 }, 'more was stored than was written'],
  ])) {
    const storage = new MemoryStorage();
    const a = new Scene({ storage });
    const first = await a.ready();
    a.client.send('one', { id: 'one' });
    a.client.send('two', { id: 'two' });
    first.say({ t: 'ack', a: 1, d: 1 }).lose();
    await a.advance(0);
    const socket = (await a.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ attempt: 2, done: 1, ...fields }));
    assert.deepEqual([socket.closed?.code, a.client.state.final], [4900, false], why);
    await a.advance(250);
    const next = (await a.socket()).accept().say(frames.open({ connection: 'c4' }), frames.authed(), frames.ready({ session: 's2' }));
    assert.deepEqual([next.of('hello')[0].resume, next.of('data').map(({ s, id }) => [s, id])], [undefined, [[1, 'two']]], why);
  }
});

test('A connection of its own that the server names as the one before is no stranger, also over a reload', async () => {
  const storage = new MemoryStorage();
  const a = new Scene({ storage });
  const first = await a.ready();
  a.client.send('one', { id: 'one' });
  first.lose();
  await a.advance(0);
  (await a.socket()).accept().say(frames.open({ connection: 'c2' }));
  const b = new Scene({ storage });
  const socket = (await b.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ attempt: 3, received: 1, previous: { connection: 'c2', code: 1006, cause: 'transport_lost' } }));
  assert.deepEqual([socket.closed, b.client.state.name, socket.of('data')], [null, 'PROCESSING_READY', []]);
});

test('A message that was queued and never written is not taken for one that is stored, also over a reload', async () => {
  const storage = new MemoryStorage();
  const old = new Scene({ storage });
  const first = await old.ready();
  const newer = new Scene({ storage });
  newer.client.send('queued', { id: 'queued' });
  old.client.send('other', { id: 'other' });
  assert.deepEqual(first.of('data').map(({ s, id }) => [s, id]), [[1, 'other']]);
  assert.deepEqual([kept(storage).messages.map((/** @type {any} */ { id }) => id), kept(storage).written], [['queued'], 0]);

  const page = new Scene({ storage });
  const socket = (await page.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ received: 1, previous: { connection: 'c1', code: 4031, cause: 'superseded' } }));
  assert.equal(socket.closed?.code, 4900);
  await page.advance(250);
  const next = (await page.socket()).accept().say(frames.open({ connection: 'c4' }), frames.authed(), frames.ready({ session: 's2' }));
  assert.deepEqual(next.of('data').map(({ s, id }) => [s, id]), [[1, 'queued']]);
});

test('That a number was used is kept before the message is written', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage });
  const socket = await scene.ready({ window: 1 });
  const write = socket.send.bind(socket);
  /** @type {number[]} */
  const written = [];
  socket.send = (text) => {
    if (JSON.parse(text).t === 'data') written.push(kept(storage).written);
    write(text);
  };
  scene.client.send(1);
  scene.client.send(2);
  socket.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(written, [1, 2]);
});

test('A session that was given up is given up for the page after, which tells the loss', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  const socket = await before.ready();
  before.client.send('ask', { id: 'ask' });
  socket.say(data(1, 'half', { re: 1, try: 1, p: true }), frames.closing(4107, 'session_ended', { retry: 'new' })).lose(4107);
  assert.equal(kept(storage).session, null);
  const after = new Scene({ storage });
  const next = (await after.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2' }));
  assert.equal(next.of('hello')[0].resume, undefined);
  assert.deepEqual(after.of('void'), [{ re: 1, try: 1, id: 'ask', cause: 'session_lost' }]);
  assert.deepEqual(after.of('lost'), [{ session: 's1', lost: [{ direction: 'down', from: 2, to: null }] }]);
});

test('Where the one that took the position over has begun a new session with its messages, nobody else sends them in another', async () => {
  for (const wasAttached of [true, false]) {
    const storage = new MemoryStorage();
    const before = new Scene({ storage });
    const first = await before.ready();
    before.client.send('kept', { id: 'kept' });
    const one = wasAttached ? before : new Scene({ storage });
    if (wasAttached) first.lose();
    await one.socket();
    const two = new Scene({ storage });
    const theirs = (await two.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's5', attempt: 2, lost: [] }));
    assert.deepEqual(theirs.of('data').map(({ s, id }) => [s, id]), [[1, 'kept']]);
    await one.advance(0);
    const mine = (await one.socket()).accept().say(frames.open({ connection: 'c3' }));
    if (wasAttached) assert.deepEqual([mine.of('hello')[0].resume, one.client.pending.map(({ id }) => id)], [{ session: 's5', attempt: 3, received: 0 }, ['kept']]);
    else assert.deepEqual([mine.of('hello')[0].resume, one.client.pending], [undefined, []]);
  }
});

test('A session that the server told to give up, and with which another client went on, is the same when it is taken over: nothing of it is given twice', async () => {
  for (const isInHand of [true, false]) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage, listen: false });
    /** @type {number[]} */
    const given = [];
    /** @type {(value?: unknown) => void} */
    let through = () => undefined;
    one.client.addEventListener('message', ({ detail }) => {
      given.push(detail.sequence);
      return isInHand && detail.sequence === 1 ? new Promise((resolve) => { through = resolve; }) : undefined;
    });
    const first = await one.ready();
    one.client.send('kept', { id: 'kept' });
    const two = new Scene({ storage });
    (await two.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed());
    first.say(data(1, 'x'), frames.closing(4103, 'store_unavailable', { retry: 'new' })).lose(4103, 'store_unavailable');
    await one.advance(30_000);
    const second = (await one.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ generation: 3, attempt: 3, replayTo: 2 }));
    assert.deepEqual(second.of('hello')[0].resume, { session: 's1', attempt: 3, received: isInHand ? 0 : 1 });
    second.say(...(isInHand ? [data(1, 'x')] : []), data(2, 'y'));
    through();
    await one.advance(1_000);
    assert.deepEqual([given, kept(storage).received, second.of('ack').at(-1)?.a], [[1, 2], 2, 2], `in hand: ${isInHand}`);
  }
});

test('A page that comes back after the session was ended, and its position removed, does not write over that of the page between', async () => {
  const storage = new MemoryStorage();
  void new Scene({ storage }).client.close();
  const away = new Scene({ storage });
  const first = await away.ready();
  const ending = new Scene({ storage });
  const ended = ending.client.end();
  (await ending.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed(), frames.closing(1000, 'bye')).lose(1000, 'bye');
  await ended;
  assert.equal(storage.items.size, 0);
  const between = new Scene({ storage, platform: Object.assign(new VirtualTime(), { randomId: () => 'between' }) });
  await between.ready({ session: 's2' });
  between.client.send('kept', { id: 'kept' });
  assert.deepEqual([kept(storage).life, kept(storage).writer], [1, 'between']);
  first.say(data(1, 'x')).lose();
  await away.advance(0);
  assert.deepEqual([kept(storage).session, kept(storage).messages.map((/** @type {any} */ { id }) => id)], ['s2', ['kept']]);
});

test('What another client has ended is not the end of one whose application has not said so: a copied tab goes on with a new session', async () => {
  for (const [code, cause] of /** @type {const} */ ([[1000, 'bye'], [4018, 'frame_out_of_phase']])) {
    const storage = new MemoryStorage();
    const scene = new Scene({ storage });
    const first = await scene.ready();
    const receipt = scene.client.send('one', { id: 'one' });
    first.say(...(code === 1000 ? [{ t: 'ack', a: 1, d: 1 }] : []), frames.closing(code, cause)).lose(code, cause);
    assert.equal(scene.client.state.final, false, cause);
    await scene.advance(500);
    const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2' }));
    assert.deepEqual([next.of('hello')[0].resume, next.of('data').map(({ id }) => id), scene.of('lost').length], [undefined, code === 1000 ? [] : ['one'], code === 1000 ? 0 : 1]);
    next.say({ t: 'ack', a: 1, d: 1 });
    if (code !== 1000) assert.deepEqual(await receipt.done, { stopped: false });
  }
});

test('What was queued belongs to a client that begins while another waits for its ready: each message is sent by one of them', async () => {
  for (const isSecond of [false, true]) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage });
    if (isSecond) {
      (await one.ready()).say(frames.closing(4107, 'session_ended')).lose(4107, 'session_ended');
      await one.advance(500);
    }
    const queued = one.client.send('queued', { id: 'queued' });
    const first = (await one.socket()).accept().say(frames.open({ connection: 'c2' }));
    assert.deepEqual([first.of('hello').length, first.of('hello')[0].resume], [1, undefined]);
    const two = new Scene({ storage });
    const second = await two.socket();
    first.say(frames.authed(), frames.ready({ session: 's2' }));
    assert.deepEqual(first.of('data'), [], `the other has it in hand; a second session: ${isSecond}`);
    await assert.rejects(queued.done, (error) => error instanceof MessageRefused && error.cause === 'elsewhere');
    one.client.send('own', { id: 'own' });
    second.accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ session: 's3' }));
    assert.deepEqual([first, second].map((socket) => socket.of('data').map(({ id }) => id)), [['own'], ['queued']]);
  }
});

test('Who asked to resume, and is given a new session while another client has the position, sends nothing of what that one has', async () => {
  const storage = new MemoryStorage();
  const one = new Scene({ storage });
  const before = await one.ready();
  before.lose();
  await one.advance(0);
  const queued = one.client.send('queued', { id: 'queued' });
  const first = (await one.socket()).accept().say(frames.open({ connection: 'c2' }));
  assert.deepEqual(first.of('hello')[0].resume, { session: 's1', attempt: 2, received: 0 });
  const two = new Scene({ storage });
  first.say(frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [] }));
  assert.deepEqual([first.of('data'), one.client.pending], [[], []]);
  await assert.rejects(queued.done, (error) => error instanceof MessageRefused && error.cause === 'elsewhere');
  const second = (await two.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ session: 's3', attempt: 3, lost: [] }));
  one.client.send('own', { id: 'own' });
  assert.deepEqual([first, second].map((socket) => socket.of('data').map(({ s, id }) => [s, id])), [[[1, 'own']], [[1, 'queued']]]);
});

test('A page that comes back after a later one has said end, and whose session is no longer its own, begins a new one', async () => {
  const storage = new MemoryStorage();
  const away = new Scene({ storage });
  const first = await away.ready();
  const later = new Scene({ storage });
  (await later.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed());
  const ended = later.client.end();
  (await later.socket()).say(frames.closing(4103, 'store_unavailable')).lose(4103, 'store_unavailable');
  await later.advance(500);
  (await later.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ session: 's2' }), frames.closing(1000, 'bye')).lose(1000, 'bye');
  await ended;
  assert.equal(storage.items.size, 0);
  first.lose();
  await away.advance(0);
  (await away.socket()).accept().say(frames.open({ connection: 'c4' }), frames.authed(), frames.closing(4016, 'stale_attempt')).lose(4016, 'stale_attempt');
  assert.deepEqual([away.client.state.final, kept(storage).session], [false, null]);
  await away.advance(500);
  const next = (await away.socket()).accept().say(frames.open({ connection: 'c5' }), frames.authed(), frames.ready({ session: 's3' }));
  assert.deepEqual([next.of('hello')[0].resume, away.client.state.name], [undefined, 'PROCESSING_READY']);
});

test('How a message ended is kept with it until its done is told: who takes it over learns what the one before was told', async () => {
  for (const [frame, outcome] of /** @type {const} */ ([
    [{ t: 'end', s: 1, re: 1, try: 1, stopped: true }, 'stopped'],
    [{ t: 'nack', s: 1, re: 1, cause: 'handler_failed' }, 'handler_failed'],
    [{ t: 'nack', s: 1, re: 1, cause: 'duplicate', status: 'pending' }, 'duplicate'],
    [{ t: 'data', s: 1, re: 1, try: 1, b: 'answer' }, 'done'],
  ])) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage });
    const sent = one.client.send('one', { id: 'one' });
    const first = await one.ready();
    const two = new Scene({ storage });
    (await two.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ received: 1 }), frame).lose();
    assert.deepEqual([kept(storage).received, kept(storage).done], [1, 0]);
    first.lose();
    await one.advance(0);
    assert.deepEqual(one.client.pending.map(({ id }) => id), frame.t === 'nack' ? [] : ['one'], 'what was refused waits for nothing');
    (await one.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ generation: 3, attempt: 3, received: 1, done: 1, replayTo: 1 }));
    assert.equal(await sent.done.then(({ stopped }) => (stopped ? 'stopped' : 'done'), ({ cause }) => cause), outcome);
  }
});

test('A stale attempt whose close never comes goes on from the newer position as well', async () => {
  for (const isClosed of [true, false]) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage });
    (await one.ready()).lose();
    await one.advance(0);
    const second = (await one.socket()).accept().say(frames.open({ connection: 'c2' }));
    const two = new Scene({ storage });
    (await two.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ attempt: 3 }));
    second.say(frames.authed(), frames.closing(4016, 'stale_attempt'));
    if (isClosed) second.lose(4016, 'stale_attempt');
    await one.advance(6_000);
    assert.deepEqual([one.client.state.final, one.of('close').map(({ cause }) => cause)], [false, ['transport_lost', 'stale_attempt']]);
    const third = (await one.socket()).accept().say(frames.open({ connection: 'c4' }));
    assert.deepEqual(third.of('hello')[0].resume, { session: 's1', attempt: 4, received: 0 });
  }
});

/** A client whose application handles one message only when it is told to: its first session is lost while something provisional of `b` waits, and another client goes on with the next one. @param {MemoryStorage} storage */
async function lostWhileAtWork(storage) {
  const scene = new Scene({ storage, listen: false });
  /** @type {(value?: unknown) => void} */
  let through = () => undefined;
  scene.client.addEventListener('message', ({ detail }) => {
    scene.events.push(['message', detail]);
    return detail.payload === 'slow' ? new Promise((resolve) => { through = resolve; }) : undefined;
  });
  for (const id of ['a', 'b']) scene.client.send(id, { id });
  (await scene.ready()).say(data(1, 'slow', { re: 1, try: 1 }), { t: 'ack', a: 2, d: 1 }, data(2, 'half', { re: 2, try: 1, p: true }), frames.closing(4107, 'session_ended')).lose(4107, 'session_ended');
  await scene.advance(500);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2' }));
  return { scene, next, through: () => through() };
}

test('The tries of a session that is lost are withdrawn with it, and those of the next one, which another client began to answer, with that', async () => {
  const storage = new MemoryStorage();
  const { scene, next, through } = await lostWhileAtWork(storage);
  const other = new Scene({ storage });
  (await other.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ session: 's2', received: 1 }), data(1, 'half', { re: 1, try: 1, p: true }));
  next.lose();
  await scene.advance(0);
  through();
  await scene.advance(0);
  const told = (/** @type {Scene} */ each) => [each.of('void').map(({ re, cause }) => `${re} ${cause}`), each.of('lost').map(({ session }) => session)];
  assert.deepEqual([told(other), told(scene)], [[[], ['s1']], [[], []]], 'the other one was told nothing of that try');
  assert.deepEqual(kept(storage).open, [{ re: 1, try: 1, id: 'b' }]);
  (await scene.socket()).accept().say(frames.open({ connection: 'c4' }), frames.authed(), frames.ready({ session: 's3', attempt: 1 }));
  assert.deepEqual(told(scene), [['1 session_lost'], ['s2']]);
});

test('A position has no try of another session than its own', async () => {
  const storage = new MemoryStorage();
  const { scene, through } = await lostWhileAtWork(storage);
  scene.client.addEventListener('lost', () => new Promise(() => undefined));
  through();
  await scene.advance(0);
  assert.deepEqual([scene.of('message').map(({ payload }) => payload), kept(storage).session, kept(storage).open], [['slow', 'half'], 's2', []]);
});

test('What the application handles while another client handles it, and its end, opens no try that is over', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage, listen: false });
  /** @type {(value?: unknown) => void} */
  let through = () => undefined;
  scene.client.addEventListener('message', () => new Promise((resolve) => { through = resolve; }));
  scene.client.send('a', { id: 'a' });
  const first = (await scene.ready()).say(data(1, 'half', { re: 1, try: 1, p: true }));
  const other = new Scene({ storage });
  (await other.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ received: 1 }), data(1, 'half', { re: 1, try: 1, p: true }), { t: 'end', s: 2, re: 1, try: 1 });
  first.lose();
  await scene.advance(0);
  through();
  await scene.advance(0);
  assert.deepEqual([kept(storage).received, kept(storage).open], [2, []]);
});

test('A connection that is to take over says no hello once another client has the position: both would ask with the same attempt', async () => {
  for (const isDialed of [true, false]) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage });
    const first = (await one.ready()).say({ t: 'drain', delay: 1_000, by: 9_000_000 });
    if (isDialed) await one.advance(1_200);
    const other = new Scene({ storage });
    (await other.socket()).accept().say(frames.open({ connection: 'c2' }));
    if (isDialed) {
      const next = (await one.socket()).accept().say(frames.open({ connection: 'c3' }));
      assert.deepEqual([next.of('hello'), next.closed?.code], [[], 4901]);
    }
    const dials = one.sockets.length;
    await one.advance(20_000);
    assert.equal(one.sockets.length, dials, 'it dials no other while the old one works');
    assert.equal(first.closed, null);
  }
});

test('Of the clients of a page that is put away one owns the position, and none where it was removed', () => {
  for (const isRemoved of [false, true]) {
    const storage = new MemoryStorage();
    const session = new Session('i');
    const stores = ['one', 'two'].map((writer) => {
      const store = new PositionStore(storage, 'k', writer);
      store.load();
      store.save(session.position);
      return store;
    });
    if (isRemoved) storage.removeItem('k');
    for (const store of stores) store.putAway(session.place);
    assert.deepEqual(stores.map(({ isOwnerBack }) => isOwnerBack), [false, !isRemoved]);
  }
});
