// A client whose page is closed, put away, shown again, doubled: whose the position is, and what becomes of the session (spec/client.md, Position).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRefused } from '../src/index.js';
import { MemoryStorage, Scene, frames, page, settle } from './virtual.js';

const KEY = 'airlock:ws://test/chat';
/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });
/** @param {MemoryStorage} storage */
const kept = (storage) => JSON.parse(storage.getItem(KEY) ?? 'null');

/** A client with a listener that is at work until `go`. @param {MemoryStorage} storage */
function slow(storage) {
  const scene = new Scene({ storage, listen: false });
  let go = () => {};
  scene.client.addEventListener('message', () => new Promise((/** @type {(value: void) => void} */ resolve) => { go = resolve; }));
  return { scene, go: () => go() };
}

test('A client that was closed writes nothing more, whatever ends late', async () => {
  const storage = new MemoryStorage();
  const one = slow(storage);
  (await one.scene.ready()).say(data(1, 'x'));
  const receipt = one.scene.client.send('own', { id: 'own' });
  void one.scene.client.close();

  const two = new Scene({ storage });
  const socket = (await two.socket()).accept().say(frames.open(), frames.authed(), resumed());
  socket.lose();
  two.client.send('precious', { id: 'precious' });
  const before = storage.getItem(KEY);
  one.go();
  await settle();
  assert.equal(one.scene.client.stop(receipt), false);
  assert.equal(storage.getItem(KEY), before);
  assert.deepEqual([kept(storage).attempt, kept(storage).messages.map((/** @type {any} */ { id }) => id)], [2, ['own', 'precious']]);

  const reloaded = new Scene({ storage });
  assert.deepEqual(reloaded.client.pending.map(({ id }) => id), ['own', 'precious']);
  assert.equal((await reloaded.socket()).accept().say(frames.open()).of('hello')[0].resume.attempt, 3);
});

test('An older client that still runs never writes over a newer one, by any way that it writes', async () => {
  const ways = /** @type {Record<string, (scene: Scene, socket: import('./virtual.js').ScriptedSocket) => unknown>} */ ({
    handles: (_, socket) => socket.say(data(1, 'x')),
    sends: (scene) => scene.client.send('late'),
    stops: (scene) => scene.client.stop('own'),
    finishes: (_, socket) => socket.say({ t: 'ack', a: 1, d: 1 }),
    'is superseded': (_, socket) => socket.say(frames.closing(4031, 'superseded')).lose(4031, 'superseded'),
    'is refused': (_, socket) => socket.say(frames.closing(4026, 'forbidden')).lose(4026, 'forbidden'),
    'is told bye': (_, socket) => socket.say(frames.closing(1000, 'bye')).lose(1000, 'bye'),
    'meets another user': (_, socket) => socket.say(frames.authed({ user: 'eve' })),
  });
  for (const [way, act] of Object.entries(ways)) {
    const storage = new MemoryStorage();
    const one = new Scene({ storage });
    const first = await one.ready();
    one.client.send('own', { id: 'own' });
    const two = new Scene({ storage });
    (await two.socket()).accept().say(frames.open(), frames.authed(), resumed());
    const before = storage.getItem(KEY);
    act(one, first);
    await settle();
    assert.equal(storage.getItem(KEY), before, way);
  }
});

test('A page that comes back from the cache goes on where the page after it left', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const a = new Scene({ storage });
  const adopted = /** @type {any[]} */ ([]);
  a.client.addEventListener('adopted', ({ detail }) => adopted.push(detail));
  const first = await a.ready();
  const receipt = a.client.send('asked', { id: 'asked' });
  first.say(data(1, 'x'));
  fire('pagehide', { persisted: true });
  assert.deepEqual([first.of('ack'), first.closed?.code], [[{ t: 'ack', a: 1 }], 4900]);
  assert.deepEqual([a.client.state.lastClose?.cause, a.client.state.final], ['page_hidden', false]);
  first.lose();
  await a.advance(600_000);
  assert.equal(a.sockets.length, 1, 'a page that is put away dials nothing');

  const b = new Scene({ storage });
  const second = (await b.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ received: 1, replayTo: 1 }), data(2, 'y', { a: 1, d: 1 }));
  b.client.send('b\'s', { id: 'bs' });
  await settle();
  fire('pagehide', { persisted: true });
  second.lose();

  fire('pageshow', { persisted: true });
  await settle();
  assert.deepEqual(adopted, [{ session: 's1', from: 1, to: 2 }]);
  await assert.rejects(receipt.done, (error) => error instanceof MessageRefused && error.cause === 'elsewhere');
  assert.deepEqual(a.client.pending.map(({ id }) => id), ['bs']);
  const third = (await a.socket()).accept().say(frames.open({ connection: 'c3' }));
  assert.deepEqual(third.of('hello')[0].resume, { session: 's1', attempt: 3, received: 2 });
  third.say(frames.authed(), resumed({ generation: 3, attempt: 3, received: 1, done: 1, replayTo: 2 }));
  assert.deepEqual(third.of('data'), [{ t: 'data', s: 2, id: 'bs', b: 'b\'s' }]);
  assert.deepEqual([a.client.state.name, a.of('message').map(({ payload }) => payload)], ['PROCESSING_READY', ['x']]);
});

test('Also if nothing told the page that it was away: it looks before it dials, and before it asks to resume', async () => {
  for (const when of ['before the dial', 'before hello']) {
    const storage = new MemoryStorage();
    const a = new Scene({ storage });
    (await a.ready()).lose();
    if (when === 'before hello') await a.advance(0);
    const b = new Scene({ storage });
    (await b.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed(), data(1, 'y'));
    void b.client.close();
    await a.advance(0);
    const socket = (await a.socket()).accept().say(frames.open({ connection: 'c3' }));
    assert.deepEqual(socket.of('hello')[0].resume, { session: 's1', attempt: 3, received: 1 }, when);
    assert.equal(kept(storage).attempt, 3);
  }
});

test('stale_attempt is not the end while a newer position is there', async () => {
  const storage = new MemoryStorage();
  const a = new Scene({ storage });
  (await a.ready()).lose();
  await a.advance(0);
  const late = (await a.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed());
  const b = new Scene({ storage });
  (await b.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed({ attempt: 3 }), data(1, 'y')).lose();
  await settle();
  late.say(frames.closing(4016, 'stale_attempt')).lose(4016, 'stale_attempt');
  assert.deepEqual([a.client.state.final, a.client.state.lastClose?.retryAt], [false, a.time.now() + 250]);
  await a.advance(250);
  assert.deepEqual((await a.socket()).accept().say(frames.open({ connection: 'c4' })).of('hello')[0].resume, { session: 's1', attempt: 4, received: 1 });
});

test('Two clients that begin together with what was kept: the newer has it, the older begins its own session and keeps nothing', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  before.client.send('kept', { id: 'kept' });
  const one = new Scene({ storage });
  const [theirs] = one.client.pending;
  const two = new Scene({ storage });
  const mine = one.client.send('own', { id: 'own' });
  const first = (await one.socket()).accept().say(frames.open());
  assert.equal(first.of('hello')[0].resume, undefined);
  first.say(frames.authed(), frames.ready({ session: 's9' }));
  assert.deepEqual(first.of('data').map(({ s, id }) => [s, id]), [[1, 'own']]);
  await assert.rejects(theirs?.done ?? Promise.resolve(), (error) => error instanceof MessageRefused && error.cause === 'elsewhere');
  const second = (await two.socket()).accept().say(frames.open());
  assert.deepEqual(second.of('hello')[0].resume, { session: 's1', attempt: 2, received: 0 });
  second.say(frames.authed(), resumed({ received: 1 }));
  first.say({ t: 'ack', a: 1, d: 1 });
  await mine.done;
  assert.deepEqual([one.of('lost'), kept(storage).session, kept(storage).messages.map((/** @type {any} */ { id }) => id)], [[], 's1', ['kept']]);
});

test('Two clients of one new page work side by side, and one of them is kept', async () => {
  const storage = new MemoryStorage();
  const [one, two] = [new Scene({ storage }), new Scene({ storage })];
  const first = await one.ready({ session: 's1' });
  const second = await two.ready({ session: 's2' });
  first.say(data(1, 'x'));
  second.say(data(1, 'y'), data(2, 'z'));
  assert.deepEqual([one.of('message').length, two.of('message').length, one.client.state.final, two.client.state.final], [1, 2, false, false]);
  assert.deepEqual([kept(storage).session, kept(storage).received], ['s2', 2]);
});

test('A client that is made twice and closed once, as a framework in its strict mode does, keeps what the first had', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  before.client.send('kept', { id: 'kept' });
  const one = new Scene({ storage });
  void one.client.close();
  const two = new Scene({ storage });
  await settle();
  assert.equal(one.sockets.length, 0);
  assert.deepEqual([two.client.pending.map(({ id }) => id), kept(storage).messages.length], [['kept'], 1]);
  assert.deepEqual((await two.socket()).accept().say(frames.open()).of('hello')[0].resume, { session: 's1', attempt: 2, received: 0 });
});

test('A frozen page acknowledges, and dials at once when it runs again', async (t) => {
  const { fire, document } = page(t);
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(data(1, 'x'));
  document.dispatchEvent(new Event('freeze'));
  assert.deepEqual([socket.of('ack'), socket.closed], [[{ t: 'ack', a: 1 }], null]);
  for (const back of [() => document.dispatchEvent(new Event('resume')), () => document.dispatchEvent(new Event('visibilitychange')), () => fire('online')]) {
    (await scene.socket()).lose();
    await scene.advance(0);
    (await scene.socket()).lose();
    const count = scene.sockets.length;
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    assert.equal(scene.sockets.length, count, 'it is still hidden');
    document.visibilityState = 'visible';
    back();
    await settle();
    assert.equal(scene.sockets.length, count + 1);
  }
});

test('A client that has ended listens to nothing', async (t) => {
  const world = page(t);
  const scene = new Scene();
  const socket = await scene.ready();
  assert.equal(world.listeners, 6);
  void scene.client.close();
  socket.lose();
  await settle();
  assert.equal(world.listeners, 0);
  for (const type of ['online', 'pageshow', 'pagehide']) world.fire(type, { persisted: true });
  await scene.advance(100_000);
  assert.deepEqual([scene.sockets.length, scene.time.pending], [1, 0]);
});

test('A page that is put away before the client started, or while it dials, starts when it is shown', async (t) => {
  const { fire } = page(t);
  const early = new Scene();
  fire('pagehide', { persisted: true });
  await settle();
  assert.equal(early.sockets.length, 0);
  fire('pageshow', { persisted: true });
  await settle();
  assert.equal(early.sockets.length, 1);
  fire('pagehide', { persisted: true });
  fire('pageshow', { persisted: true });
  fire('pageshow', { persisted: true });
  await settle();
  assert.equal(early.sockets.length, 2);
});

test('A storage that throws at any call stops nothing', async () => {
  for (const broken of /** @type {const} */ (['getItem', 'setItem', 'removeItem'])) {
    const storage = Object.assign(new MemoryStorage(), { [broken]: () => { throw new Error('forbidden'); } });
    const scene = new Scene({ storage });
    const socket = await scene.ready();
    socket.say(data(1, 'x'));
    const ended = scene.client.end();
    socket.say(frames.closing(1000, 'bye')).lose(1000, 'bye');
    await ended;
    assert.deepEqual([scene.of('message').length, scene.of('storage').length], [1, broken === 'setItem' ? 1 : 0], broken);
    assert.equal(scene.time.pending, 0);
  }
});

test('A client that said end is not held up by items that nobody reads', async () => {
  const scene = new Scene({ listen: false });
  const socket = await scene.ready();
  scene.client.send('ask', { id: 'a' });
  socket.say(data(1, 'unread', { re: 1, try: 1, a: 1, d: 1 }));
  const ended = scene.client.end();
  await settle();
  socket.say(data(2, 'unread too'));
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 2 });
  socket.say(frames.closing(1000, 'bye')).lose(1000, 'bye');
  await ended;
});

test('What a page was handling when it was put away takes no position back', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const a = slow(storage);
  const first = await a.scene.ready();
  first.say(data(1, 'x'), data(2, 'y'));
  fire('pagehide', { persisted: true });
  first.lose();
  const b = new Scene({ storage });
  (await b.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ replayTo: 2 }), data(1, 'x'), data(2, 'y'), data(3, 'z'));
  void b.client.close();
  fire('pageshow', { persisted: true });
  await settle();
  a.go();
  await settle();
  assert.equal(kept(storage).received, 3);
  const third = (await a.scene.socket()).accept().say(frames.open({ connection: 'c3' }));
  assert.deepEqual(third.of('hello')[0].resume, { session: 's1', attempt: 3, received: 3 });
});

test('A client that has asked to resume waits for the answer, whoever comes meanwhile', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  await new Scene({ storage }).ready();
  const one = new Scene({ storage });
  const socket = (await one.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed());
  void new Scene({ storage });
  fire('online');
  socket.say(resumed());
  assert.deepEqual([socket.closed, one.client.state.name], [null, 'PROCESSING_READY']);
});

test('What was queued before there was a session is sent by one of two clients that found it, the newer', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  before.client.send('kept', { id: 'kept' });
  void before.client.close();
  const [one, two] = [new Scene({ storage }), new Scene({ storage })];
  one.client.send('own', { id: 'own' });
  const first = await one.ready({ session: 's1' });
  const second = await two.ready({ session: 's2' });
  assert.deepEqual([first, second].map((socket) => socket.of('data').map(({ id }) => id)), [['own'], ['kept']]);
});

test('Of two clients of a page that comes back only the one that owned the position goes on from it', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const [one, two] = [new Scene({ storage }), new Scene({ storage })];
  /** @type {string[]} */
  const adopted = [];
  for (const [name, { client }] of /** @type {const} */ ([['one', one], ['two', two]])) client.addEventListener('adopted', ({ detail }) => { adopted.push(`${name} ${detail.session} ${detail.to}`); });
  await one.ready({ session: 's1' });
  await two.ready({ session: 's2' });
  const queued = one.client.send('own', { id: 'own' });
  fire('pagehide', { persisted: true });
  const between = new Scene({ storage });
  (await between.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ session: 's2', replayTo: 1 }), data(1, 'x'));
  between.client.send('theirs', { id: 'theirs' });
  void between.client.close();
  fire('pageshow', { persisted: true });
  const [first, second] = [await one.socket(), await two.socket()].map((socket) => socket.accept().say(frames.open({ connection: 'c3' })));
  assert.deepEqual(adopted, ['two s2 1']);
  assert.deepEqual(first?.of('hello')[0].resume, { session: 's1', attempt: 2, received: 0 });
  assert.deepEqual(second?.of('hello')[0].resume, { session: 's2', attempt: 3, received: 1 });
  assert.deepEqual([one, two].map(({ client }) => client.pending.map(({ id }) => id)), [[queued.id], ['theirs']]);
});

test('What a client kept itself goes with the position to the one that takes it over, and is sent once', async () => {
  const storage = new MemoryStorage();
  await new Scene({ storage }).ready();
  const one = new Scene({ storage });
  const mine = one.client.send('mine', { id: 'mine' });
  const two = new Scene({ storage });
  const first = await one.ready({ session: 's9' });
  assert.deepEqual([first.of('hello')[0].resume, first.of('data'), one.client.pending], [undefined, [], []]);
  await assert.rejects(mine.done, (error) => error instanceof MessageRefused && error.cause === 'elsewhere');
  const second = (await two.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), resumed());
  assert.deepEqual(second.of('data').map(({ s, id }) => [s, id]), [[1, 'mine']]);
});

test('What was sent while somebody else owned the position was never kept: who takes the position over sends it still', async () => {
  const storage = new MemoryStorage();
  const one = new Scene({ storage });
  const first = await one.ready();
  void new Scene({ storage }).client.close();
  const receipt = one.client.send('own', { id: 'own' });
  assert.deepEqual(kept(storage).messages, []);
  first.lose();
  await one.advance(0);
  const second = (await one.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed());
  assert.deepEqual(second.of('data').map(({ s, id }) => [s, id]), [[1, 'own']]);
  second.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(await receipt.done, { stopped: false });
});

test('A page that is put away before its client started takes nothing over until it is shown again', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const away = new Scene({ storage });
  fire('pagehide', { persisted: true });
  const shown = new Scene({ storage });
  const { writer } = kept(storage);
  await shown.ready({ session: 's2' });
  assert.deepEqual([kept(storage).writer, kept(storage).session, away.sockets.length], [writer, 's2', 0]);
  void shown.client.close();
  fire('pageshow', { persisted: true });
  assert.deepEqual((await away.socket()).accept().say(frames.open({ connection: 'c2' })).of('hello')[0].resume, { session: 's2', attempt: 2, received: 0 });
});

test('What another client of the page has when it is put away stays that one\'s, also if the position is gone when they are back', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const one = new Scene({ storage });
  const refused = assert.rejects(one.client.send('kept', { id: 'kept' }).done, { cause: 'elsewhere' });
  await settle();
  const two = new Scene({ storage });
  await settle();
  fire('pagehide', { persisted: true });
  storage.removeItem(KEY);
  fire('pageshow', { persisted: true });
  const [first, second] = [await one.ready({ session: 's1' }, { connection: 'c2' }), await two.ready({ session: 's2' }, { connection: 'c3' })];
  one.client.send('own', { id: 'own' });
  assert.deepEqual([first, second].map((socket) => socket.of('data').map(({ id }) => id)), [['own'], ['kept']]);
  await refused;
});
