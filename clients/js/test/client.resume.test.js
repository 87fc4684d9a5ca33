// What happens between connections: back-off, resume, new sessions (spec/wire.md §6 and §7, spec/session.md).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AirlockClosed, MessageRefused } from '../src/index.js';
import { MemoryStorage, Scene, frames, settle } from './virtual.js';

/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });

test('A cut connection is resumed at once, with what was handled', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  scene.client.send('one', { id: 'a' });
  scene.client.send('two', { id: 'b' });
  first.say(data(1, 'x', { a: 1 })).lose();
  assert.equal(scene.client.state.name, 'FAILED');
  assert.equal(scene.client.state.lastClose?.cause, 'transport_lost');
  await scene.advance(0);
  const second = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }));
  assert.deepEqual(second.of('hello')[0].resume, { session: 's1', attempt: 2, received: 1 });
  second.say(frames.authed(), resumed({ received: 1, replayTo: 2 }));
  assert.deepEqual(second.of('data'), [{ t: 'data', s: 2, id: 'b', b: 'two' }]);
  second.say(data(2, 'y'));
  assert.deepEqual(scene.of('message').map(({ payload }) => payload), ['x', 'y']);
  assert.equal(scene.client.state.resumed, true);
});

test('Back-off grows, is spread, and starts again once a connection has been ready for a while', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.lose();
  await scene.advance(0);
  for (const [chance, delay] of [[0, 250], [1, 1000], [0, 1000], [1, 4000], [0, 4000], [0, 8000], [1, 30_000], [0, 15_000]]) {
    const count = scene.sockets.length;
    scene.time.chance = chance ?? 0;
    (await scene.socket()).lose();
    await scene.advance((delay ?? 0) - 1);
    assert.equal(scene.sockets.length, count, `before ${delay}`);
    await scene.advance(1);
    assert.equal(scene.sockets.length, count + 1, `after ${delay}`);
  }
  const again = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed({ attempt: 3 }));
  await scene.advance(5000);
  again.lose();
  await scene.advance(0);
  assert.equal(scene.sockets.length, 11);
});

test('A browser that comes online does not wait, and dials once', async (t) => {
  const browser = new EventTarget();
  const surroundings = /** @type {any} */ (globalThis);
  surroundings.addEventListener = browser.addEventListener.bind(browser);
  surroundings.removeEventListener = browser.removeEventListener.bind(browser);
  t.after(() => {
    delete surroundings.addEventListener;
    delete surroundings.removeEventListener;
  });
  const scene = new Scene();
  (await scene.ready()).lose();
  await scene.advance(0);
  (await scene.socket()).lose();
  browser.dispatchEvent(new Event('online'));
  browser.dispatchEvent(new Event('online'));
  await settle();
  assert.equal(scene.sockets.length, 3);
  (await scene.socket()).lose();
  await scene.advance(500);
  browser.dispatchEvent(new Event('online'));
  await settle();
  assert.equal(scene.sockets.length, 4, 'no wait is running');
  void scene.client.close();
});

test('A hint of the server is used as it is plus a fifth at most', async () => {
  const scene = new Scene();
  scene.time.chance = 1;
  const socket = await scene.ready();
  socket.say(frames.closing(4312, 'draining', { retry: 'resume_later', retryAfter: 5000 })).lose(4312);
  assert.equal(scene.client.state.lastClose?.retryAt, scene.time.now() + 6000);
  await scene.advance(5999);
  assert.equal(scene.sockets.length, 1);
  await scene.advance(1);
  assert.equal(scene.sockets.length, 2);
});

test('4100 asks for a new session: unfinished messages are sent again under new numbers with the same ids', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  scene.client.send('one', { id: 'a' });
  const receipt = scene.client.send('two', { id: 'b' });
  first.say({ t: 'ack', a: 2, d: 1 }, data(1, 'x', { re: 1, try: 1 }), data(2, 'half', { re: 2, try: 1, p: true }));
  first.say(frames.closing(4107, 'session_ended', { retry: 'new', resumable: false })).lose(4107);
  await scene.advance(250);
  const second = (await scene.socket()).accept().say(frames.open());
  assert.equal(second.of('hello')[0].resume, undefined);
  second.say(frames.authed(), frames.ready({ session: 's2' }));
  assert.deepEqual(second.of('data'), [{ t: 'data', s: 1, id: 'b', b: 'two' }]);
  assert.deepEqual(scene.of('void'), [{ re: 2, try: 1, id: 'b', cause: 'session_lost' }]);
  assert.deepEqual(scene.of('lost'), [{ session: 's1', lost: [{ direction: 'down', from: 3, to: null }] }]);
  second.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(await receipt.done, { stopped: false });
});

test('A resume that ends in a new session tells exactly what is lost', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  first.say(data(1, 'x'), data(2, 'y')).lose();
  await scene.advance(0);
  (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [{ direction: 'down', from: 2, to: 5 }, { direction: 'up', from: 1, to: 1 }] }), data(1, 'new'));
  assert.deepEqual(scene.of('lost'), [{ session: 's1', lost: [{ direction: 'down', from: 3, to: 5 }, { direction: 'up', from: 1, to: 1 }] }]);
  assert.deepEqual(scene.of('message').map(({ payload, session }) => [payload, session]), [['x', 's1'], ['y', 's1'], ['new', 's2']]);
});

test('A receipt waits for the replay that may refuse it', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  const receipt = scene.client.send('poison');
  first.lose();
  await scene.advance(0);
  const second = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed({ received: 1, done: 1, replayTo: 2 }));
  await settle();
  second.say(data(1, 'x'), { t: 'nack', s: 2, re: 1, cause: 'handler_failed' });
  await assert.rejects(receipt.done, (error) => error instanceof MessageRefused);
});

test('Superseded and stale attempts stop the client', async () => {
  for (const [code, cause] of /** @type {const} */ ([[4031, 'superseded'], [4016, 'stale_attempt']])) {
    const scene = new Scene();
    const socket = await scene.ready();
    const receipt = scene.client.send(1);
    socket.say(frames.closing(code, cause)).lose(code, cause);
    await assert.rejects(receipt.done, (error) => error instanceof AirlockClosed && error.cause === cause);
    assert.deepEqual([(await scene.client.closed).cause, scene.client.state.final], [cause, true]);
    await scene.advance(100_000);
    assert.equal(scene.sockets.length, 1);
  }
});

test('A close without closing is understood by its code and reason', async () => {
  const cases = /** @type {const} */ ([[4203, 'authentication_expired', 'authentication_expired', false], [4299, 'something_new', 'something_new', false], [1007, '', 'invalid_utf8', true], [1011, '', 'internal_error', false], [1001, 'bye now', 'going_away', false], [1002, '', 'protocol_error', true]]);
  for (const [code, reason, cause, final] of cases) {
    const scene = new Scene();
    (await scene.ready()).lose(code, reason);
    assert.deepEqual([scene.client.state.lastClose?.cause, scene.client.state.final], [cause, final], String(code));
  }
});

test('closing holds even if the close frame never comes', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(frames.closing(4202, 'moved', { retry: 'resume' }));
  assert.equal(scene.client.state.name, 'CLOSING');
  scene.client.send('held');
  assert.deepEqual(socket.of('data'), []);
  await scene.advance(5000);
  assert.equal(scene.client.state.lastClose?.cause, 'moved');
  assert.equal(scene.sockets.length, 2);
  // Also where the transport is lost behind it.
  const next = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed(), frames.closing(4310, 'slow_consumer', { retry: 'resume_later' }));
  next.lose();
  assert.deepEqual([scene.client.state.lastClose?.cause, scene.client.state.lastClose?.code], ['slow_consumer', 4310]);
});

test('A silent server is left after twice its idle time, a server that pings is not', async () => {
  const scene = new Scene();
  const socket = await scene.ready({ idle: 1000 });
  await scene.advance(1900);
  socket.say({ t: 'ping' });
  assert.deepEqual(socket.of('pong'), [{ t: 'pong' }]);
  await scene.advance(1999);
  assert.equal(socket.closed, null);
  await scene.advance(1);
  assert.deepEqual(socket.closed, { code: 4903, reason: 'server_silent' });
  assert.equal(scene.sockets.length, 2);
});

test('A dial that hangs is given up', async () => {
  const scene = new Scene();
  await scene.advance(30_000);
  assert.equal(scene.client.state.lastClose?.cause, 'server_silent');
});

test('Stop is repeated on the next connection until the message is done', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  const receipt = scene.client.send('long');
  scene.client.stop(receipt);
  first.lose();
  await scene.advance(0);
  const second = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed({ received: 1 }));
  assert.deepEqual(second.of('stop'), [{ t: 'stop', s: 1 }]);
  assert.deepEqual(second.of('data'), []);
});

test('Credentials are refreshed before they expire, and when the server asks', async () => {
  const requests = /** @type {string[]} */ ([]);
  const scene = new Scene({ token: ({ reason }) => `${reason}${requests.push(reason)}` });
  const socket = (await scene.socket()).accept().say(frames.open({ carriers: ['subprotocol'] }), frames.authed({ expires: 5_100_000, refreshBefore: 5_080_000 }), frames.ready({ idle: 200_000 }));
  await scene.advance(63_999);
  assert.deepEqual(socket.of('refresh'), []);
  await scene.advance(1);
  assert.deepEqual(socket.of('refresh'), [{ t: 'refresh', token: 'refresh2' }]);
  socket.say({ t: 'refresh', by: 5_100_000 });
  await settle();
  assert.equal(socket.of('refresh').length, 1, 'at most one at a time');
  socket.say(frames.authed({ expires: 5_200_000, refreshBefore: null }), { t: 'refresh', by: 5_200_000 });
  await settle();
  assert.deepEqual(socket.of('refresh').map(({ token }) => token), ['refresh2', 'refresh3']);
  assert.equal(scene.client.state.name, 'PROCESSING_READY');
});

test('A refresh that cannot be had is tried again', async () => {
  let fails = true;
  const scene = new Scene({ token: ({ reason }) => { if (reason === 'refresh' && fails) throw new Error('offline'); return 'token'; } });
  const socket = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready(), { t: 'refresh', by: 5_100_000 });
  await settle();
  fails = false;
  await scene.advance(5000);
  assert.deepEqual(socket.of('refresh'), [{ t: 'refresh', token: 'token' }]);
});

test('The next attempt is higher than the one the server recorded', async () => {
  const scene = new Scene();
  (await scene.ready()).lose();
  await scene.advance(0);
  (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed({ attempt: 9 })).lose();
  await scene.advance(250);
  assert.equal((await scene.socket()).accept().say(frames.open()).of('hello')[0].resume.attempt, 10);
});

test('A resume that was not asked for, of another session or behind what was sent is a violation', async () => {
  const unasked = new Scene();
  assert.equal((await unasked.ready({ resume: 'resumed' })).closed?.code, 4902);
  for (const fields of [{ session: 's9' }, { replayTo: 1 }, { received: 3, replayTo: 2 }]) {
    const scene = new Scene();
    const socket = await scene.ready();
    scene.client.send('one');
    socket.say(data(1, 'x'), data(2, 'y')).lose();
    await scene.advance(0);
    const next = (await scene.socket()).accept().say(frames.open(), frames.authed(), resumed({ replayTo: 2, ...fields }));
    assert.equal(next.closed?.code, 4902, JSON.stringify(fields));
  }
});

test('What an old session said is still given to the application and never acknowledged to the new one', async () => {
  const scene = new Scene({ listen: false });
  /** @type {unknown[]} */
  const seen = [];
  let go = () => {};
  scene.client.addEventListener('message', async ({ detail }) => {
    seen.push(detail.payload);
    await new Promise((/** @type {(value: void) => void} */ resolve) => { go = resolve; });
  });
  const first = await scene.ready();
  first.say(data(1, 'old 1'), data(2, 'old 2')).lose();
  await scene.advance(0);
  const second = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ session: 's2' }), data(1, 'new'));
  go();
  await scene.advance(300);
  assert.deepEqual([seen, scene.of('lost').length], [['old 1', 'old 2'], 0]);
  go();
  await scene.advance(300);
  assert.deepEqual([seen, scene.of('lost').length], [['old 1', 'old 2', 'new'], 1]);
  assert.deepEqual(second.of('ack'), []);
  go();
  await scene.advance(300);
  assert.deepEqual(second.of('ack'), [{ t: 'ack', a: 1 }]);
});

test('close leaves the session, end ends it after its messages', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage });
  const socket = await scene.ready();
  const receipt = scene.client.send('kept');
  const closed = scene.client.close();
  assert.deepEqual(socket.closed, { code: 4900, reason: 'client_closed' });
  assert.equal(scene.client.state.name, 'CLOSED');
  socket.lose(4900);
  await closed;
  await assert.rejects(receipt.done, /client_closed/);

  const next = new Scene({ storage });
  const ended = next.client.end();
  assert.throws(() => next.client.send('late'), /said end/);
  const again = (await next.socket()).accept().say(frames.open(), frames.authed(), resumed());
  assert.deepEqual(again.sent.slice(1).map(({ t }) => t), ['data', 'bye']);
  again.say({ t: 'ack', a: 1, d: 1 }, frames.closing(1000, 'bye')).lose(1000, 'bye');
  await ended;
  assert.equal(storage.items.size, 0);
  assert.equal(next.time.pending, 0);
});

test('A session that ended behind bye, unheard, is no loss: bye is said to the next', async () => {
  const scene = new Scene();
  (await scene.ready()).say(data(1, 'x'));
  const ended = scene.client.end();
  (await scene.socket()).lose();
  await scene.advance(0);
  const next = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ session: 's2', attempt: 2, lost: [] }));
  assert.deepEqual([scene.of('lost'), next.of('bye').length], [[], 1]);
  next.say(frames.closing(1000, 'bye')).lose(1000, 'bye');
  await ended;
});

test('close while the next connection is waited for ends the wait', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(frames.closing(4312, 'draining', { retryAfter: 5000 })).lose(4312);
  await scene.client.close();
  const { final, name, lastClose } = scene.client.state;
  assert.deepEqual([final, name, lastClose?.cause, lastClose?.retryAt], [true, 'CLOSED', 'client_closed', null]);
  assert.equal(scene.of('state').at(-1).state.final, true);
  await scene.advance(100_000);
  assert.equal(scene.sockets.length, 1);
});

test('close while credentials are fetched makes no connection', async () => {
  let give = (/** @type {string} */ _) => {};
  const scene = new Scene({ token: () => new Promise((resolve) => { give = resolve; }) });
  await settle();
  await scene.client.close();
  give('late');
  await settle();
  assert.equal(scene.sockets.length, 0);
});

test('close before the first connection makes none', async () => {
  const scene = new Scene();
  await scene.client.close();
  await scene.advance(1000);
  assert.equal(scene.sockets.length, 0);
  await assert.rejects(scene.client.ready, /client_closed/);
});

test('end without a session just leaves', async () => {
  const scene = new Scene();
  await scene.client.end();
  assert.equal((await scene.client.closed).cause, 'client_closed');
});

test('Who leaves while the next connection is waited for has ended for good, and a dial waits for none', async () => {
  const scene = new Scene();
  (await scene.ready()).lose();
  assert.notEqual(scene.client.state.lastClose?.retryAt, null);
  await scene.advance(0);
  assert.deepEqual([scene.client.state.name, scene.client.state.lastClose?.cause, scene.client.state.lastClose?.retryAt], ['CONNECTING', 'transport_lost', null]);
  (await scene.socket()).lose();
  await scene.client.close();
  const { final, lastClose } = scene.client.state;
  assert.deepEqual([final, lastClose?.cause, lastClose?.retryAt, lastClose?.final], [true, 'client_closed', null, true]);
});
