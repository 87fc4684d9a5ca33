// What sockets, clocks and an application's callbacks do that they should not: each has its cause in time, and nothing hangs on it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AirlockClient } from '../src/index.js';
import { Scene, ScriptedSocket, VirtualTime, frames, settle } from './virtual.js';

const failure = () => Object.assign(new Event('error'), { message: 'Received network error or non-101 status code.' });

test('A socket that emits an error and no close has ended, if it never opened, at once', async () => {
  const scene = new Scene();
  // Those that failed: nobody closes what is over.
  scene.leaves = ['3 sockets'];
  for (const [delay, dials] of /** @type {const} */ ([[0, 2], [250, 3], [500, 4]])) {
    (await scene.socket()).dispatchEvent(failure());
    await settle();
    assert.deepEqual([scene.client.state.lastClose?.cause, scene.client.state.name], ['transport_lost', 'FAILED']);
    await scene.advance(delay);
    assert.equal(scene.sockets.filter(({ protocols }) => protocols.length > 0).length, dials);
  }
  void scene.client.close();
  assert.equal(scene.time.pending, 1, 'the socket that dials is closed, and its close is waited for');
});

test('An error in front of a close takes nothing from it', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.dispatchEvent(failure());
  socket.lose(1011, 'oh');
  await settle();
  assert.equal(scene.client.state.lastClose?.cause, 'internal_error');
  assert.equal(scene.of('close').length, 1);
});

test('An open socket that emits an error is over when it is closed, and after five seconds if it says nothing more', async () => {
  const closed = new Scene();
  const first = Object.assign(await closed.ready(), { readyState: 3 });
  first.dispatchEvent(failure());
  await settle();
  assert.equal(closed.client.state.name, 'FAILED');
  // The one that failed: nobody closes what is over.
  closed.leaves = ['1 sockets'];

  const silent = new Scene();
  const second = Object.assign(await silent.ready(), { readyState: 2 });
  second.dispatchEvent(failure());
  await silent.advance(4_999);
  assert.equal(silent.client.state.name, 'PROCESSING_READY');
  await silent.advance(1);
  assert.deepEqual([silent.client.state.lastClose?.cause, silent.client.state.lastClose?.message], ['transport_lost', '']);
  assert.equal(silent.sockets.length, 2);
});

test('A socket that cannot be closed while it dials is closed when it opens', async () => {
  const scene = new Scene({ connectTimeout: 1000 });
  const socket = await scene.socket();
  const close = socket.close.bind(socket);
  socket.close = () => { throw new Error('It connects.'); };
  await scene.advance(1000);
  assert.equal(scene.sockets.length, 2);
  socket.close = close;
  socket.accept();
  assert.deepEqual(socket.closed, { code: 1000, reason: undefined });
});

test('close waits for the sockets, five seconds at most, and not for one that failed', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  let isClosed = false;
  const closed = scene.client.close().then(() => { isClosed = true; });
  await scene.advance(4_999);
  assert.equal(isClosed, false);
  await scene.advance(1);
  await closed;
  assert.ok(socket.closed);

  const dialing = new Scene();
  const other = await dialing.socket();
  const gone = dialing.client.close();
  other.dispatchEvent(failure());
  await gone;
  assert.equal(dialing.time.pending, 0);
});

test('close in any callback, also one of its own ends, closes once', async () => {
  for (const type of /** @type {const} */ (['state', 'close', 'message', 'gate', 'timeline'])) {
    const scene = new Scene();
    scene.client.addEventListener(type, () => void scene.client.close());
    scene.client.addEventListener(type, () => void scene.client.end().catch(() => undefined));
    const socket = (await scene.socket()) ?? new ScriptedSocket('', []);
    socket.accept().say(frames.open(), frames.authed(), frames.gate('a', 'open'), frames.ready());
    scene.client.stop('none');
    socket.say({ t: 'data', s: 1, b: 1 }).lose();
    await scene.advance(100_000);
    void scene.client.close();
    assert.equal(scene.time.pending, 0, type);
    assert.ok(scene.sockets.length <= 2, type);
  }
});

test('A token that is never given costs the connect timeout, is named, and its late answer makes no connection', async () => {
  /** @type {((token: string) => void)[]} */
  const answers = [];
  const scene = new Scene({ connectTimeout: 2000, token: () => new Promise((resolve) => answers.push(resolve)) });
  await scene.advance(2000);
  assert.equal(scene.client.state.lastClose?.cause, 'credentials_unavailable');
  await scene.advance(250);
  answers[0]?.('late');
  await settle();
  assert.equal(scene.sockets.length, 0);
  answers[1]?.('in time');
  await settle();
  assert.equal(scene.sockets.length, 1);
});

test('A refresh whose token is never given is tried again, and its late answer is not sent', async () => {
  /** @type {((token: string) => void)[]} */
  const answers = [];
  const scene = new Scene({ connectTimeout: 2000, authIn: 'hello', token: ({ reason }) => (reason === 'refresh' ? new Promise((resolve) => answers.push(resolve)) : 'first') });
  const socket = await scene.ready();
  socket.say({ t: 'refresh', by: 6_000_000 });
  await scene.advance(2000);
  answers[0]?.('late');
  await settle();
  assert.deepEqual(socket.of('refresh'), []);
  await scene.advance(5000);
  answers[1]?.('in time');
  await settle();
  assert.deepEqual(socket.of('refresh'), [{ t: 'refresh', token: 'in time' }]);
});

test('Whatever a token callback does, the client dials on', async () => {
  const bad = /** @type {Record<string, () => any>} */ ({
    throws: () => { throw new Error('no'); }, rejects: () => Promise.reject(new Error('no')), 'gives a number': () => 7, 'gives an object': () => ({}), 'gives a line break': () => 'a\nb', 'gives too much': () => 'x'.repeat(16_385),
  });
  for (const [name, give] of Object.entries(bad)) {
    let asked = 0;
    const scene = new Scene({ token: () => (++asked === 1 ? give() : 'good') });
    await settle();
    assert.equal(scene.client.state.lastClose?.cause, 'credentials_unavailable', name);
    await scene.advance(250);
    assert.equal(scene.sockets.length, 1, name);
  }
});

test('A clock on the wall that is set back or ahead changes no duration', async () => {
  for (const hours of [-1, 1]) {
    let skew = 0;
    const time = new VirtualTime();
    const platform = { now: () => time.now() + skew, elapsed: () => time.time, setTimeout: time.setTimeout, clearTimeout: time.clearTimeout, random: time.random, randomId: time.randomId };
    const scene = new Scene({ platform });
    const socket = await scene.ready({ idle: 1000 });
    skew = hours * 3_600_000;
    await time.advance(1_999);
    assert.equal(socket.closed, null, String(hours));
    await time.advance(1);
    assert.deepEqual(socket.closed, { code: 4903, reason: 'server_silent' }, String(hours));
    const { phases } = scene.client.state;
    assert.ok(phases.every(({ duration }) => duration === null || (duration >= 0 && duration <= 2000)));
  }
});

test('… nor where the platform has no other clock, as far as the timers tell', async () => {
  let skew = 0;
  const time = new VirtualTime();
  const platform = { now: () => time.now() + skew, setTimeout: time.setTimeout, clearTimeout: time.clearTimeout, random: time.random, randomId: time.randomId };
  const scene = new Scene({ platform });
  const socket = await scene.ready({ idle: 1000 });
  skew = -3_600_000;
  await time.advance(2_000);
  assert.equal(socket.closed?.code, 4903);
});

test('A refresh is reckoned by the server\'s clock and what has passed since open, whatever this machine says', async () => {
  for (const skew of [-3_600_000, 0, 3_600_000]) {
    const time = new VirtualTime();
    time.time += skew;
    const scene = new Scene({ platform: time, token: () => 'token', authIn: 'hello' });
    const socket = (await scene.socket()).accept().say(frames.open());
    await time.advance(1000);
    socket.say(frames.authed({ expires: 5_012_000, refreshBefore: 5_011_000 }), frames.ready());
    await time.advance(7_999);
    assert.deepEqual(socket.of('refresh'), []);
    await time.advance(1);
    assert.equal(socket.of('refresh').length, 1, String(skew));
  }
});

test('The platform of this process has a clock that never goes back', async () => {
  const now = Date.now;
  try {
    const { systemPlatform } = await import('../src/platform.js');
    const before = systemPlatform.elapsed?.() ?? NaN;
    Date.now = () => 0;
    assert.ok((systemPlatform.elapsed?.() ?? NaN) >= before);
    assert.equal(systemPlatform.now(), 0);
  } finally {
    Date.now = now;
  }
});

test('A WebSocket that cannot be made is told, and is final', async () => {
  class WebSocket {
    constructor() { throw new SyntaxError('no such port'); }
  }
  const client = new AirlockClient('ws://test/chat', { WebSocket, platform: new VirtualTime() });
  const closed = await client.closed;
  assert.deepEqual([closed.cause, /** @type {any} */ (closed.origin)?.message], ['connection_refused', 'no such port']);
});

test('A message that takes long to arrive is silence: each time in a row more of it is borne, until something comes', async () => {
  const scene = new Scene();
  let socket = await scene.ready({ idle: 1000, replayTo: 1 });
  for (const [patience, attempt] of /** @type {const} */ ([[2_000, 2], [4_000, 3], [8_000, 4], [16_000, 5], [16_000, 6]])) {
    await scene.advance(patience - 1);
    assert.equal(socket.closed, null, String(patience));
    await scene.advance(1);
    assert.deepEqual(socket.closed, { code: 4903, reason: 'server_silent' }, String(patience));
    await scene.advance(10_000);
    socket = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ resume: 'resumed', generation: attempt, attempt, idle: 1000, replayTo: 1 }));
    await settle();
  }
  socket.say({ t: 'data', s: 1, b: 'at last' }).lose();
  await scene.advance(30_000);
  socket = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ resume: 'resumed', generation: 9, attempt: 9, idle: 1000, replayTo: 1 }));
  await scene.advance(2_000);
  assert.equal(socket.closed?.code, 4903);
});

test('A socket that is closed from the beginning, or says its end twice, late, or while it is told to close, ends once', async () => {
  class Dead extends ScriptedSocket { readyState = 3; }
  const dead = new AirlockClient('ws://test/chat', { WebSocket: Dead, platform: new VirtualTime() });
  await new Promise((resolve) => dead.addEventListener('close', resolve, { once: true }));
  assert.equal(dead.state.lastClose?.cause, 'transport_lost');
  void dead.close();

  const scene = new Scene();
  const socket = await scene.ready();
  const close = socket.close.bind(socket);
  socket.close = (code, reason) => {
    close(code, reason);
    socket.lose(code, reason);
  };
  await scene.client.close();
  socket.lose().accept().say({ t: 'ping' }).dispatchEvent(failure());
  await settle();
  assert.deepEqual([scene.of('close').map(({ cause, final }) => [cause, final]), scene.time.pending, socket.of('pong')], [[['client_closed', true]], 0, []]);
});

test('A token callback that closes the client makes no connection, and one that sends does', async () => {
  /** @type {Scene} */
  const closing = new Scene({ token: () => {
    void closing.client.close();
    return 'token';
  } });
  await settle();
  assert.deepEqual([closing.sockets.length, closing.client.state.final], [0, true]);
  /** @type {Scene} */
  const sending = new Scene({ authIn: 'hello', token: () => {
    if (sending.client.pending.length === 0) sending.client.send('from the callback');
    return 'token';
  } });
  assert.deepEqual((await sending.ready()).of('data').map(({ b }) => b), ['from the callback']);
});
