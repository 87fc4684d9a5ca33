// How a connection starts: states, credentials, gates (spec/wire.md §3 and §8).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AirlockClient, AirlockClosed } from '../src/index.js';
import { Scene, frames, settle } from './virtual.js';

test('Client walks through every state and is ready', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  await scene.client.ready;
  assert.deepEqual(scene.states, ['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY']);
  assert.equal(socket.url, 'ws://test/chat');
  assert.deepEqual(socket.protocols, ['airlock.v1']);
  assert.deepEqual(socket.sent, [{ t: 'hello', v: 1, client: 'airlock-js/0.1.0', instance: 'id-1', can: ['gap'], sent: [] }]);
});

test('Client waits for open before it says hello', async () => {
  const scene = new Scene();
  const socket = (await scene.socket()).accept();
  assert.deepEqual(socket.sent, []);
  socket.say(frames.open());
  assert.equal(socket.of('hello').length, 1);
});

test('Phases tell how long each state lasted', async () => {
  const scene = new Scene();
  const socket = await scene.socket();
  await scene.advance(20);
  socket.accept().say(frames.open());
  await scene.advance(30);
  socket.say(frames.authed(), frames.gate('agent', 'waiting'));
  await scene.advance(400);
  socket.say(frames.gate('agent', 'open'));
  await scene.advance(5);
  socket.say(frames.ready());
  const { phases, name, connection, gates } = scene.client.state;
  assert.deepEqual(phases.map(({ state, duration }) => [state, duration]), [
    ['CONNECTING', 20], ['ACCEPTED', 30], ['AUTHENTICATED', 400], ['SERVICES_READY', 5], ['PROCESSING_READY', null],
  ]);
  assert.equal(name, 'PROCESSING_READY');
  assert.equal(connection, 'c1');
  assert.deepEqual(gates.map((gate) => [gate.name, gate.state]), [['agent', 'open']]);
  assert.deepEqual(scene.of('gate').map(({ state }) => state), ['waiting', 'open']);
});

test('An optional gate that is down does not hold the start and shows as DEGRADED', async () => {
  const scene = new Scene();
  const socket = (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.gate('history', 'failed', { required: false }));
  assert.equal(scene.client.state.name, 'AUTHENTICATED');
  socket.say(frames.ready());
  assert.equal(scene.client.state.name, 'DEGRADED');
  socket.say(frames.gate('history', 'open', { required: false, deadline: null }));
  assert.equal(scene.client.state.name, 'PROCESSING_READY');
});

test('A token rides as a sub-protocol and is fresh for each connection', async () => {
  let made = 0;
  const scene = new Scene({ token: async () => `token.${++made}` });
  const first = (await scene.socket()).accept().say(frames.open({ carriers: ['subprotocol'] }));
  assert.deepEqual(first.protocols, ['airlock.v1', 'airlock.token.token.1']);
  assert.deepEqual(first.of('hello')[0].sent, ['subprotocol']);
  assert.equal(first.of('hello')[0].auth, undefined);
  first.lose();
  await scene.advance(0);
  assert.deepEqual((await scene.socket()).protocols, ['airlock.v1', 'airlock.token.token.2']);
});

test('A stripped sub-protocol token is named and sent in hello instead', async () => {
  const scene = new Scene({ token: () => 'secret' });
  const socket = (await scene.socket()).accept().say(frames.open({ carriers: [] }));
  assert.deepEqual(socket.of('hello')[0].auth, { token: 'secret' });
  assert.deepEqual(socket.of('hello')[0].sent, ['subprotocol']);
  assert.deepEqual(scene.of('stripped'), [{ sent: ['subprotocol'], stripped: ['subprotocol'] }]);
  assert.deepEqual(scene.client.state.stripped, ['subprotocol']);
  assert.ok(scene.client.timeline.some(({ remark }) => remark?.includes('subprotocol')));
});

test('A cookie that the application sends is named when it does not arrive', async () => {
  const scene = new Scene({ alsoSent: ['cookie'] });
  (await scene.socket()).accept().say(frames.open());
  assert.deepEqual(scene.client.state.stripped, ['cookie']);
});

test('A token that is no legal sub-protocol travels in hello', async () => {
  const scene = new Scene({ token: () => 'with space/and=' });
  const socket = (await scene.socket()).accept().say(frames.open());
  assert.deepEqual(socket.protocols, ['airlock.v1']);
  assert.deepEqual(socket.of('hello')[0].auth, { token: 'with space/and=' });
});

test('Credentials in hello, and a ticket', async () => {
  const withToken = new Scene({ token: () => 'secret', authIn: 'hello' });
  assert.deepEqual((await withToken.socket()).accept().say(frames.open()).of('hello')[0].auth, { token: 'secret' });
  const withTicket = new Scene({ ticket: async () => 'once' });
  const socket = (await withTicket.socket()).accept().say(frames.open());
  assert.deepEqual(socket.of('hello')[0].auth, { ticket: 'once' });
  assert.equal(socket.url.includes('once'), false);
});

test('A token source that fails is asked again after a back-off', async () => {
  let asked = 0;
  const scene = new Scene({
    token: async () => {
      if (++asked === 1) throw new Error('offline');
      return 'secret';
    },
  });
  await settle();
  assert.equal(scene.sockets.length, 0);
  assert.equal(scene.client.state.lastClose?.cause, 'credentials_unavailable');
  await scene.advance(250);
  assert.equal(scene.sockets.length, 1);
});

test('Refused credentials stop the client, and ready says why', async () => {
  const scene = new Scene({ token: () => 'old' });
  (await scene.socket()).accept().say(frames.open({ carriers: ['subprotocol'] }), frames.closing(4023, 'token_invalid', { message: 'Wrong.' })).lose(4023, 'token_invalid');
  await assert.rejects(scene.client.ready, (error) => error instanceof AirlockClosed && error.cause === 'token_invalid' && error.code === 4023);
  assert.equal(scene.client.state.final, true);
  await scene.advance(120_000);
  assert.equal(scene.sockets.length, 1);
  assert.equal(scene.time.pending, 0);
  assert.throws(() => scene.client.send(1), /token_invalid/);
});

test('A server without the protocol is left', async () => {
  const scene = new Scene();
  (await scene.socket()).accept('');
  await assert.rejects(scene.client.ready, /server_violation/);
});

test('Frames out of order and malformed messages are violations', async () => {
  const cases = [
    [frames.authed()], [frames.open(), frames.open()], [frames.open(), frames.ready()], [frames.open(), frames.authed(), frames.ready(), frames.ready()],
    [frames.open(), frames.authed(), { t: 'data', s: 1, b: 1 }], [{ t: 'open' }], [7], [[]],
  ];
  for (const script of cases) {
    const scene = new Scene();
    const socket = (await scene.socket()).accept().say(.../** @type {object[]} */ (script));
    assert.equal(socket.closed?.code, 4902, JSON.stringify(script));
    assert.equal(scene.client.state.lastClose?.cause, 'server_violation');
    assert.equal(scene.client.state.final, true);
  }
});

test('Binary messages are violations', async () => {
  const scene = new Scene();
  const socket = (await scene.socket()).accept().text(new ArrayBuffer(2));
  assert.equal(socket.closed?.code, 4902);
});

test('Unknown frames and unknown fields are ignored', async () => {
  const scene = new Scene();
  const socket = await scene.ready({ colour: 'blue' });
  socket.say({ t: 'weather', sun: true }, { t: 'ack', a: 0, d: 0, more: [] });
  assert.equal(socket.closed, null);
  assert.equal(scene.client.state.name, 'PROCESSING_READY');
});

test('Wrong options throw at once', () => {
  const make = (/** @type {object} */ options) => () => new Scene(options);
  assert.throws(make({ token: () => 'a', ticket: () => 'b' }), TypeError);
  assert.throws(make({ ticket: () => 'b', authIn: 'subprotocol' }), TypeError);
  assert.throws(make({ authIn: 'url' }), TypeError);
  assert.throws(make({ queueMax: 0 }), RangeError);
  for (const [name, most] of /** @type {const} */ ([['queueMax', 1_000_000], ['queueBytesMax', 2 ** 30], ['connectTimeout', 3_600_000]])) {
    for (const value of [-1, 0, 1.5, NaN, Infinity, most + 1, '7', null]) assert.throws(make({ [name]: value }), { name: 'RangeError', message: `${name} is a whole number from 1 to ${most.toLocaleString('en')}.` }, `${name} ${value}`);
    for (const value of [1, most]) void make({ [name]: value })().client.close();
  }
  for (const options of [{ clientName: '' }, { instance: 'x'.repeat(129) }]) assert.throws(make(options), { name: 'RangeError', message: 'clientName and instance have 1 to 128 characters and no control character.' });
  assert.throws(make({ WebSocket: 'no' }), TypeError);
  for (const source of ['abc', {}, 5, Promise.resolve('abc')]) {
    assert.throws(make({ token: source }), /functions: each connection asks/);
    assert.throws(make({ ticket: source }), /functions: each connection asks/);
  }
  assert.throws(make({ alsoSent: 'cookie' }), /alsoSent is an array/);
  const carriers = Array.from({ length: 16 }, (_, n) => `carrier${n}`);
  assert.throws(make({ alsoSent: carriers, token: () => 'abc' }), /at most 16 carriers with the token's/);
  for (const options of [{ alsoSent: carriers }, { alsoSent: carriers, token: () => 'abc', authIn: 'hello' }, { alsoSent: carriers.slice(1), token: () => 'abc' }]) void make(options)().client.close();
  for (const storage of [{}, { getItem: () => null }, new Map(), 'sessionStorage']) assert.throws(make({ storage }), /storage has the functions/);
  assert.throws(make({ storage: { getItem: async () => null, setItem: async () => undefined, removeItem: async () => undefined } }), /storage answers at once/);
  for (const nothing of [null, undefined]) void make({ token: nothing, ticket: nothing, storage: nothing })().client.close();
});

test('An address that cannot be used throws at once, without being told', () => {
  const make = (/** @type {any} */ url) => () => new AirlockClient(url, { WebSocket: class {}, ticket: () => 'a' });
  for (const [url, words] of /** @type {const} */ ([
    ['/chat', /no page that it could be relative to/], ['', /is no URL/], [undefined, /is no URL/], ['ws://', /is no URL/], ['ws://a b/', /is no URL/],
    ['ftp://secret.example/', /scheme is ws, wss, http or https, not 'ftp'/], ['localhost:5080/chat', /scheme .* not 'localhost'/], ['blob:https://secret.example/1', /scheme/],
    ['wss://secret:word@x/', /user or password/], ['wss://secret@x/', /user or password/], ['https://x/chat?ticket=secret', /ticket of its own/], ['https://x/chat?a=1&ticket=', /ticket of its own/],
  ])) {
    assert.throws(make(url), (error) => error instanceof TypeError && words.test(error.message) && !/secret/.test(error.message), String(url));
  }
});

test('What one phase may take, the next may not: silence behind it is found by the next one\'s deadlines', async () => {
  const [short, long] = [{ hello: 1_000, authentication: 1_000, gate: 60_000, attach: 60_000 }, { hello: 60_000, authentication: 60_000, gate: 1_000, attach: 1_000 }];
  for (const [deadlines, said, name] of /** @type {const} */ ([[short, [], 'ACCEPTED'], [long, [frames.authed()], 'AUTHENTICATED']])) {
    const scene = new Scene();
    (await scene.socket()).accept().say(frames.open({ deadlines }), ...said);
    await scene.advance(11_999);
    assert.equal(scene.client.state.name, name);
    await scene.advance(1);
    assert.equal(scene.client.state.lastClose?.cause, 'server_silent');
  }
});
