// What the client makes of connections that never open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene, frames, settle } from './virtual.js';

const UNSUPPORTED = frames.closing(4030, 'protocol_unsupported');

/** The socket says why as the package ws does, and is gone. @param {import('./virtual.js').ScriptedSocket} socket @param {string} [message] */
function refuse(socket, message = '') {
  socket.dispatchEvent(Object.assign(new Event('error'), { message }));
  socket.lose();
}

/** @param {Scene} scene */
const probeOf = (scene) => scene.sockets.filter(({ protocols }) => protocols.length === 0).at(-1);

test('A sub-protocol that is stripped on the way is found out and named', async () => {
  const scene = new Scene();
  refuse(await scene.socket());
  assert.equal(scene.client.state.lastClose?.cause, 'transport_lost');
  probeOf(scene)?.accept('').say(UNSUPPORTED).lose(4030, 'protocol_unsupported');
  await scene.advance(1000);
  assert.equal(scene.client.state.final, false, 'the next connection may do better');
  refuse(await scene.socket());
  const closed = await scene.client.closed;
  assert.deepEqual([closed.cause, closed.code], ['protocol_unsupported', 4030]);
  assert.equal(scene.sockets.length, 3);
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

for (const [status, cause, code, final] of /** @type {const} */ ([
  [400, 'protocol_unsupported', 4030, true], [403, 'origin_refused', 4027, true], [404, 'http_404', 1006, true], [426, 'upgrade_required', 1006, true],
  [429, 'address_limit', 4105, false], [502, 'http_502', 1006, false], [503, 'draining', 4312, false],
])) {
  test(`HTTP ${status} in place of the upgrade is ${cause}`, async () => {
    const scene = new Scene();
    refuse(await scene.socket(), `Unexpected server response: ${status}`);
    const { lastClose } = scene.client.state;
    assert.deepEqual([lastClose?.cause, lastClose?.code, lastClose?.final], [cause, code, final]);
    assert.ok(scene.client.timeline.some(({ state, cause: told }) => state === 'CLOSED' && told === cause), 'the server has answered: it is closed, not failed');
    await settle();
    assert.equal(probeOf(scene), undefined);
  });
}
