// A session that is lost while its application is busy: the loss waits behind what has arrived, and is told once, whichever client has the position by then (spec/client.md, Position).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOSSES_MAX } from '../src/losses.js';
import { MemoryStorage, Scene, frames, page, settle } from './virtual.js';

const KEY = 'airlock:ws://test/chat';
/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {MemoryStorage} storage */
const kept = (storage) => JSON.parse(storage.getItem(KEY) ?? 'null');
/** What an application was told by now. @param {Scene} scene */
async function told(scene) {
  await settle();
  return scene.events.filter(([type]) => ['message', 'void', 'lost'].includes(type)).map(([type, detail]) => (type === 'message' ? detail.payload : type === 'void' ? `void ${detail.re}/${detail.try}` : [detail.session, ...detail.lost.map((/** @type {any} */ { direction, from, to }) => `${direction} ${from}-${to ?? ''}`)]));
}

/** A client whose application is at `slow` until it is told to go on; its session ends while more waits, and the next one is there. @param {MemoryStorage} storage @param {object[]} lost @param {object} [options] */
async function lostWhileAtWork(storage, lost, options = {}) {
  const scene = new Scene({ storage, listen: false, ...options });
  /** @type {(value?: unknown) => void} */
  let through = () => undefined;
  scene.client.addEventListener('message', ({ detail }) => {
    scene.events.push(['message', detail]);
    return detail.payload === 'slow' ? new Promise((resolve) => { through = resolve; }) : undefined;
  });
  scene.client.send('ask', { id: 'ask' });
  (await scene.ready()).say(data(1, 'part', { re: 1, try: 1, p: true }), data(2, 'slow'), data(3, 'waits')).lose();
  await scene.advance(0);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost }));
  return { scene, next, through: () => through() };
}

test('A loss that waits when the page goes is told by the next client, with what had arrived and was not handled', async () => {
  const down = { direction: 'down', from: 2, to: null };
  const storage = new MemoryStorage();
  const { scene } = await lostWhileAtWork(storage, [down, { direction: 'up', from: 1, to: 1 }]);
  assert.deepEqual([await told(scene), kept(storage).losses], [['part', 'slow'], [{ session: 's1', received: 1, lost: [down, { direction: 'up', from: 1, to: 1 }], open: [{ re: 1, try: 1, id: 'ask' }] }]]);
  assert.deepEqual(await told(new Scene({ storage, listen: 'never' })), []);
  assert.equal(kept(storage).losses[0].received, 1, 'who has no listener leaves it as it was');
  const after = new Scene({ storage });
  assert.deepEqual(await told(after), ['void 1/1', ['s1', 'down 2-', 'up 1-1']]);
  assert.deepEqual(kept(storage).losses, []);
  (await after.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ resume: 'resumed', session: 's2', generation: 2, attempt: 2 }), data(1, 'new'));
  assert.deepEqual((await told(after)).slice(2), ['new']);
  assert.deepEqual(await told(new Scene({ storage })), [], 'a third client tells nothing');
});

test('What the application handles behind a loss is not lost any more; nothing is told twice', async () => {
  const storage = new MemoryStorage();
  const { scene, through } = await lostWhileAtWork(storage, [{ direction: 'down', from: 2, to: 5 }]);
  // The last one is in hand for ever.
  scene.client.addEventListener('message', ({ detail }) => (detail.payload === 'waits' ? new Promise(() => undefined) : undefined));
  through();
  await scene.advance(0);
  assert.deepEqual(await told(scene), ['part', 'slow', 'waits']);
  assert.deepEqual(await told(new Scene({ storage })), ['void 1/1', ['s1', 'down 3-5']]);
});

test('A loss counts as told when the application is through with it', async () => {
  const storage = new MemoryStorage();
  const { scene, through } = await lostWhileAtWork(storage, [{ direction: 'down', from: 2, to: 5 }]);
  /** @type {(value?: unknown) => void} */
  let end = () => undefined;
  scene.client.addEventListener('lost', () => new Promise((resolve) => { end = resolve; }));
  through();
  await scene.advance(0);
  assert.deepEqual([(await told(scene)).at(-1), kept(storage).losses.length], [['s1', 'down 4-5'], 1]);
  end();
  await scene.advance(0);
  assert.deepEqual([kept(storage).losses, kept(storage).open], [[], []]);
});

test('Losses that wait are told in their order; of more than are kept the newest', async () => {
  const storage = new MemoryStorage();
  const { scene, next } = await lostWhileAtWork(storage, []);
  let socket = next;
  for (let n = 3; n < 80; n++) {
    socket.lose();
    await scene.advance(30_000);
    socket = (await scene.socket()).accept().say(frames.open({ connection: `c${n}` }), frames.authed(), frames.ready({ session: `s${n}`, attempt: 2, lost: [] }));
  }
  const sessions = Array.from({ length: LOSSES_MAX }, (_, n) => `s${79 - LOSSES_MAX + n}`);
  assert.deepEqual(await told(new Scene({ storage })), sessions.map((session) => [session]));
});

test('The page that comes back tells no loss that the page between has told, and gives nothing of that session', async () => {
  for (const isTold of [true, false]) {
    const storage = new MemoryStorage();
    const { scene, next, through } = await lostWhileAtWork(storage, [{ direction: 'down', from: 2, to: 3 }]);
    const between = new Scene({ storage, listen: isTold ? true : 'never' });
    await settle();
    void between.client.close();
    next.lose();
    await scene.advance(500);
    through();
    await scene.advance(0);
    assert.deepEqual(await told(between), isTold ? ['void 1/1', ['s1', 'down 2-3']] : []);
    assert.deepEqual(await told(scene), ['part', 'slow', ...(isTold ? [] : ['waits', 'void 1/1', ['s1']])]);
    assert.deepEqual([kept(storage).losses, kept(storage).open], [[], []]);
  }
});

test('Of two clients that begin together the one that has the position tells what was found there', async () => {
  const storage = new MemoryStorage();
  await lostWhileAtWork(storage, [{ direction: 'down', from: 2, to: 3 }]);
  const one = new Scene({ storage, listen: 'never' });
  const two = new Scene({ storage });
  await one.advance(0);
  /** @type {unknown[]} */
  const late = [];
  for (const type of /** @type {const} */ (['void', 'lost'])) one.client.addEventListener(/** @type {'lost'} */ (type), ({ detail }) => { late.push(detail); });
  assert.deepEqual([await told(two), late], [['void 1/1', ['s1', 'down 2-3']], []]);
});

test('A loss that could not be kept stays this client\'s to tell, whoever has the position', async () => {
  const storage = new MemoryStorage();
  const setItem = storage.setItem.bind(storage);
  let isFull = true;
  storage.setItem = (key, value) => {
    if (isFull) throw new Error('full');
    setItem(key, value);
  };
  const { scene, through } = await lostWhileAtWork(storage, []);
  isFull = false;
  assert.deepEqual(await told(new Scene({ storage })), []);
  through();
  await scene.advance(0);
  assert.deepEqual(await told(scene), ['part', 'slow', 'waits', 'void 1/1', ['s1']]);
});

test('What a reader was offered and did not take is not given again once another client tells its loss', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage, listen: 'never' });
  const reader = scene.client.messages();
  (await scene.ready()).say(data(1, 'one'), data(2, 'two')).lose();
  await scene.advance(0);
  (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [{ direction: 'down', from: 1, to: 2 }] })).lose();
  const other = new Scene({ storage });
  await scene.advance(500);
  await reader.return?.();
  await scene.advance(0);
  const again = scene.client.messages();
  const item = /** @type {any} */ ((await again.next()).value);
  assert.deepEqual([await told(other), item.type, item.session], [[['s1', 'down 1-2']], 'adopted', 's2']);
});

test('A loss that is kept, with what waits of its session, is told by the client that has the position: by another one that takes it over, or behind what waits by the one that goes on from it again', async () => {
  for (const isToldThere of [true, false]) {
    const storage = new MemoryStorage();
    const scene = new Scene({ storage, listen: false });
    /** @type {unknown[]} */
    const given = [];
    /** @type {(value?: unknown) => void} */
    let through = () => undefined;
    scene.client.addEventListener('message', ({ detail }) => {
      given.push(detail.payload);
      return detail.payload === 'first' ? new Promise((resolve) => { through = resolve; }) : undefined;
    });
    scene.client.addEventListener('lost', ({ detail }) => { given.push(detail.lost[0]?.from); });
    scene.client.addEventListener('adopted', ({ detail }) => { given.push(detail.session); });
    (await scene.ready()).say(data(1, 'first'), data(2, 'second'), frames.closing(4107, 'session_ended')).lose(4107, 'session_ended');
    await scene.advance(500);
    const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2', lost: [] }), data(1, 'comes again'));
    const other = new Scene({ storage, listen: isToldThere ? true : 'never' });
    next.lose();
    await scene.advance(0);
    through();
    await scene.advance(0);
    assert.deepEqual(other.of('lost'), isToldThere ? [{ session: 's1', lost: [{ direction: 'down', from: 1, to: null }] }] : []);
    assert.deepEqual(given, isToldThere ? ['first', 's2'] : ['first', 'second', 3, 's2']);
    (await scene.socket()).accept().say(frames.open({ connection: 'c3' }), frames.authed(), frames.ready({ resume: 'resumed', session: 's2', generation: 2, attempt: 2, replayTo: 1 }), data(1, 'comes again'));
    assert.deepEqual([given.at(-1), kept(storage).losses], ['comes again', []]);
  }
});

test('A loss that was kept is told also on a page that is put away before it has dialed', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const { scene } = await lostWhileAtWork(storage, [{ direction: 'down', from: 2, to: null }]);
  void scene.client.close();
  // The session after it has come further than nothing, so that something is to be acknowledged, on no connection yet.
  storage.setItem(KEY, JSON.stringify({ ...kept(storage), received: 4 }));
  const after = new Scene({ storage });
  fire('pagehide', { persisted: true });
  assert.deepEqual([await told(after), after.sockets.length, kept(storage).losses], [['void 1/1', ['s1', 'down 2-']], 0, []]);
  fire('pageshow', { persisted: true });
  assert.equal((await after.socket()).accept().say(frames.open({ connection: 'c3' })).of('hello')[0].resume.received, 4);
});

test('What waits of a session that a page between has left is not given by the page that comes back to the next one', async (t) => {
  const { fire } = page(t);
  const storage = new MemoryStorage();
  const away = new Scene({ storage, listen: false });
  /** @type {(value?: unknown) => void} */
  let through = () => undefined;
  /** @type {unknown[]} */
  const given = [];
  away.client.addEventListener('message', ({ detail: { payload } }) => {
    given.push(payload);
    return new Promise((resolve) => { through = resolve; });
  });
  away.client.addEventListener('adopted', ({ detail }) => { given.push(detail); });
  (await away.ready()).say(data(1, 'in hand'), data(2, 'waits'));
  fire('pagehide', { persisted: true });
  const between = new Scene({ storage });
  (await between.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [{ direction: 'down', from: 1, to: 2 }] }), data(1, 'new'));
  assert.deepEqual(await told(between), [['s1', 'down 1-2'], 'new']);
  void between.client.close();
  fire('pageshow', { persisted: true });
  through();
  await settle();
  assert.deepEqual(given, ['in hand', { session: 's2', from: 0, to: 1 }]);
});
