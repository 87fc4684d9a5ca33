// What the client makes of connections that never open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endingOfAnswer } from '../src/httpAnswer.js';
import { Scene, ScriptedSocket, frames, settle } from './virtual.js';

const UNSUPPORTED = frames.closing(4030, 'protocol_unsupported');

/** The socket says why as the package ws does, and is gone. @param {import('./virtual.js').ScriptedSocket} socket @param {string} [message] */
function refuse(socket, message = '') {
  socket.dispatchEvent(Object.assign(new Event('error'), { message }));
  socket.lose();
}

/** @param {Scene} scene */
const probeOf = (scene) => scene.sockets.filter(({ protocols }) => protocols.length === 0).at(-1);

/** A connection fails, and then one without a sub-protocol does what is told. @param {Scene} scene @param {(probe: import('./virtual.js').ScriptedSocket | undefined) => unknown} answer */
async function round(scene, answer) {
  refuse(await scene.socket());
  assert.deepEqual([scene.client.state.lastClose?.cause, scene.client.state.lastClose?.message], ['transport_lost', '']);
  assert.equal(scene.client.state.final, false, 'the next connection may do better');
  answer(probeOf(scene));
  for (let second = 0; second < 40 && scene.sockets.at(-1)?.protocols.length === 0; second++) await scene.advance(1000);
}

const saysUnsupported = (/** @type {import('./virtual.js').ScriptedSocket | undefined} */ probe) => probe?.accept('').say(frames.open(), UNSUPPORTED).lose(4030, 'protocol_unsupported');

test('A sub-protocol that is stripped on the way is found out and named', async () => {
  const scene = new Scene();
  for (let i = 0; i < 3; i++) await round(scene, saysUnsupported);
  refuse(await scene.socket());
  const closed = await scene.client.closed;
  assert.deepEqual([closed.cause, closed.code], ['protocol_unsupported', 4030]);
  assert.equal(scene.sockets.length, 7);
});

test('A server that comes and goes is not suspected of stripping', async () => {
  for (const gone of [(/** @type {any} */ probe) => probe.lose(), () => undefined, (/** @type {any} */ probe) => probe.accept('').say(frames.closing(4312, 'draining')).lose(4312, 'draining')]) {
    const scene = new Scene();
    for (let i = 0; i < 4; i++) {
      await round(scene, saysUnsupported);
      await round(scene, saysUnsupported);
      await round(scene, gone);
    }
    void scene.client.close();
  }
});

test('The connection without a sub-protocol is marked as a probe, and its address is else the same', async () => {
  for (const [url, probed] of [
    ['wss://example.test/chat', 'wss://example.test/chat?airlock-probe=1'],
    ['wss://example.test/chat?', 'wss://example.test/chat?airlock-probe=1'],
    ['wss://example.test/chat?room=a%20b+c&sig=x~y', 'wss://example.test/chat?room=a%20b+c&sig=x~y&airlock-probe=1'],
  ]) {
    const scene = new Scene({}, url);
    const socket = await scene.socket();
    assert.equal(socket.url.includes('airlock-probe'), false);
    refuse(socket);
    assert.equal(probeOf(scene)?.url, probed);
  }
});

test('A server that was only down is not suspected of stripping', async () => {
  const scene = new Scene();
  refuse(await scene.socket());
  probeOf(scene)?.accept('').say(UNSUPPORTED).lose(4030, 'protocol_unsupported');
  await scene.advance(1000);
  (await scene.socket()).accept().lose();
  await scene.advance(1000);
  refuse(await scene.socket());
  assert.equal(scene.client.state.final, false);
  assert.equal(scene.sockets.filter(({ protocols }) => protocols.length === 0).length, 1, 'once a connection has opened nobody asks again');
});

test('A probe that nobody answers is given up, and the client keeps trying', async () => {
  const scene = new Scene();
  refuse(await scene.socket());
  const probe = probeOf(scene);
  await scene.advance(5000);
  assert.ok(probe?.closed);
  probe?.text('nonsense').lose();
  refuse(await scene.socket());
  assert.equal(scene.client.state.final, false);
});

for (const [status, named, cause, code, final] of /** @type {const} */ ([
  [400, 'protocol_unsupported', 'protocol_unsupported', 4030, true], [403, 'origin_refused', 'origin_refused', 4027, true], [404, 'route_invalid', 'route_invalid', 1006, true],
  [426, 'upgrade_required', 'upgrade_required', 1006, true], [429, 'address_limit', 'address_limit', 4105, false], [503, 'draining', 'draining', 4312, false],
  [503, 'upgrade_failed', 'upgrade_failed', 1006, false], [400, null, 'http_400', 1006, false], [403, null, 'http_403', 1006, true], [404, null, 'http_404', 1006, true],
  [429, null, 'http_429', 1006, false], [503, null, 'http_503', 1006, false], [503, 'origin_refused', 'http_503', 1006, false],
])) {
  test(`HTTP ${status} in place of the upgrade${named ? ` that names ${named}` : ''} is ${cause}`, async () => {
    const scene = new Scene();
    (await scene.socket()).answer(status, named ? { 'airlock-cause': named } : {});
    await settle();
    const { lastClose } = scene.client.state;
    assert.deepEqual([lastClose?.cause, lastClose?.code, lastClose?.final], [cause, code, final]);
    assert.ok(scene.client.timeline.some(({ state, cause: told }) => state === 'CLOSED' && told === cause), 'the server has answered: it is closed, not failed');
    await settle();
    assert.equal(probeOf(scene), undefined);
  });
}

test('Where only the error of ws is passed on, its words tell the status', async () => {
  const scene = new Scene();
  refuse(await scene.socket(), 'Unexpected server response: 503');
  assert.equal(scene.client.state.lastClose?.cause, 'http_503');
});

test('An answer that no server explains says what to do, and shows a name only if it has the form of one', () => {
  const text = (/** @type {number} */ status, /** @type {string} */ name) => endingOfAnswer(status, { 'airlock-cause': name }, false).text;
  assert.equal(text(404, ''), 'HTTP 404 came in place of the upgrade, and no Airlock server says why. Is there an Airlock endpoint at this address?');
  assert.equal(text(401, ''), 'HTTP 401 came in place of the upgrade, and no Airlock server says why. What stands there wants credentials of its own.');
  assert.equal(text(418, ''), 'HTTP 418 came in place of the upgrade, and no Airlock server says why. Look at the address, and at what stands in front of the server.');
  assert.match(text(407, ''), / A proxy wants credentials\.$/);
  assert.match(text(503, 'moved_house'), /^HTTP 503 \(moved_house\) came/);
  for (const name of ['<b>', 'a b', '', 'a'.repeat(65), 'a, b', 'DRAINING']) assert.match(text(503, name), /^HTTP 503 came/, name);
});

test('A refusal has the code of the catalogue: the second one where there is a session to resume', () => {
  const code = (/** @type {string} */ cause, /** @type {number} */ status, /** @type {boolean} */ hasSession) => endingOfAnswer(status, { 'airlock-cause': cause }, hasSession).code;
  assert.deepEqual([code('address_limit', 429, false), code('address_limit', 429, true)], [4105, 4305]);
  assert.deepEqual([code('draining', 503, false), code('draining', 503, true)], [4312, 4312]);
});

test('Where a WebSocket cannot be made without a sub-protocol, nobody is asked, and the client dials on', async () => {
  /** @type {ScriptedSocket[]} */
  const sockets = [];
  class WebSocket extends ScriptedSocket {
    /** @param {string} url @param {string[]} protocols */
    constructor(url, protocols) {
      if (protocols.length === 0) throw new SyntaxError('A sub-protocol is missing.');
      super(url, protocols);
      sockets.push(this);
    }
  }
  const scene = new Scene({ WebSocket });
  for (let dial = 1; dial <= 5; dial++) {
    for (let second = 0; second < 20 && sockets.length < dial; second++) await scene.advance(1_000);
    assert.equal(sockets.length, dial);
    refuse(/** @type {ScriptedSocket} */ (sockets.at(-1)));
  }
  assert.equal(scene.client.state.lastClose?.cause, 'transport_lost');
});

test('Nobody asks about a connection that was given up and fails at last', async () => {
  const scene = new Scene({ connectTimeout: 10_000 });
  const socket = await scene.socket();
  await scene.advance(10_000);
  assert.equal(scene.client.state.lastClose?.cause, 'server_silent');
  refuse(socket);
  assert.equal(probeOf(scene), undefined);
});
