// The client over the WebSockets that Node carries (22: undici 6, 24: undici 7) and that of ws: whatever each shows of an end, its cause is known at once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { WebSocket as Undici6 } from 'undici6';
import { WebSocket as Undici7 } from 'undici7';
import { WebSocket as Ws } from 'ws';
import { AirlockClient } from '../src/index.js';
import { systemPlatform } from '../src/platform.js';
import { ReferenceServer } from './referenceServer.js';

const PATIENCE = 900_000;
/** No wait of the client's own may tell: a failed dial that was only noticed by its timeout would come an hour late. */
const connectTimeout = 3_600_000;
/** The timers that have fired. @type {number[]} */
let fired = [];
/** @type {typeof systemPlatform} */
const platform = {
  ...systemPlatform, random: () => 0,
  setTimeout: (callback, delay) => setTimeout(() => {
    fired.push(delay);
    callback();
  }, delay),
};

/** @param {AirlockClient} client @param {number} count @returns {Promise<any[]>} the first ends */
function ends(client, count) {
  /** @type {any[]} */
  const seen = [];
  return new Promise((resolve) => {
    client.addEventListener('close', ({ detail }) => {
      seen.push(detail);
      if (seen.length === count) resolve(seen);
    });
  });
}

/** A server whose every connection meets `meet`. @param {import('node:test').TestContext} t @param {(socket: import('node:net').Socket) => void} meet */
async function tcp(t, meet) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    meet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

for (const [name, WebSocket] of /** @type {const} */ ([['undici 6', Undici6], ['undici 7', Undici7], ['ws', Ws], ...(globalThis.WebSocket ? [['this Node', globalThis.WebSocket]] : [])])) {
  /** @param {import('node:test').TestContext} t @param {string} url */
  const connect = (t, url) => {
    const client = new AirlockClient(url, { WebSocket, connectTimeout, platform });
    t.after(() => client.close());
    return client;
  };

  test(`${name}: messages come and go, a cut is resumed, bye ends it`, { timeout: PATIENCE }, async (t) => {
    const server = await ReferenceServer.start(({ payload, send }) => send(`${payload} back`));
    t.after(() => server.stop());
    const client = connect(t, server.url);
    const messages = client.messages();
    client.send('one');
    const first = (await messages.next()).value;
    assert.deepEqual([first.type, first.payload], ['message', 'one back']);
    const [end] = await Promise.all([ends(client, 1), ...[...server.connections].map((connection) => connection.sever())]);
    assert.equal(end[0].cause, 'transport_lost');
    client.send('two');
    assert.equal((await messages.next()).value.payload, 'two back');
    assert.equal(client.state.resumed, true);
    for (const connection of server.connections) connection.close(4203, 'authentication_expired');
    assert.equal((await ends(client, 1))[0].cause, 'authentication_expired');
    await messages.return?.();
    await client.end();
    assert.deepEqual(server.violations, []);
  });

  test(`${name}: nobody listens there`, { timeout: PATIENCE }, async (t) => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = /** @type {import('node:net').AddressInfo} */ (closed.address()).port;
    closed.close();
    fired = [];
    const seen = await ends(connect(t, `ws://127.0.0.1:${free}/chat`), 3);
    assert.ok(Math.max(...fired) <= 500, `an end was told by a timer: ${fired}`);
    assert.deepEqual(seen.map(({ cause, final }) => [cause, final]), [['transport_lost', false], ['transport_lost', false], ['transport_lost', false]]);
  });

  test(`${name}: the connection is cut before, in and behind the answer to the upgrade`, { timeout: PATIENCE }, async (t) => {
    for (const answer of ['', 'HTTP/1.1 101 Swit', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n', 'nonsense\r\n\r\n']) {
      const port = await tcp(t, (socket) => socket.once('data', () => socket.end(answer)));
      const seen = await ends(connect(t, `ws://127.0.0.1:${port}/chat`), 2);
      assert.deepEqual(seen.map(({ cause }) => cause), ['transport_lost', 'transport_lost'], answer);
    }
  });

  test(`${name}: something answers with a page instead`, { timeout: PATIENCE }, async (t) => {
    for (const status of [200, 302, 404, 503]) {
      const http = createHttpServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
      http.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} Page\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
      await once(http, 'listening');
      t.after(() => http.close());
      const [end] = await ends(connect(t, `ws://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (http.address()).port}/chat`), 1);
      const told = /** @type {Record<number, string>} */ ({ 200: 'http_200', 302: 'http_302', 404: 'http_404', 503: 'draining' })[status];
      assert.equal(end.cause, name === 'ws' ? told : 'transport_lost', String(status));
      if (name === 'ws') assert.equal(end.final, status === 404);
    }
  });

  test(`${name}: close while it dials is over at once`, { timeout: PATIENCE }, async (t) => {
    const port = await tcp(t, () => undefined);
    const client = connect(t, `ws://127.0.0.1:${port}/chat`);
    await new Promise((resolve) => setImmediate(resolve));
    await client.close();
    assert.equal((await client.closed).cause, 'client_closed');
  });
}
