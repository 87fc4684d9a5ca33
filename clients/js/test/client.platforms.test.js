// The client over the WebSockets that Node carries (22: undici 6, 24: undici 7) and that of ws: whatever each shows of an end, its cause is known at once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
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
    for (const [head, body, told, final] of /** @type {[string, string, string, boolean][]} */ ([
      ['200 Page', 'none', 'http_200', false], ['302 Elsewhere|Location: /elsewhere', 'none', 'http_302', false], ['404 Nothing', 'none', 'http_404', true], ['503 Busy', 'none', 'http_503', false],
      ['503 Busy', '{"cause":"draining"}', 'http_503', false], ['503 Busy', 'endless', 'http_503', false], ['503 Busy', 'none at all', 'http_503', false],
      ['503 Busy|Airlock-Cause: draining', 'none', 'draining', false], ['503 Busy|airlock-cause:upgrade_failed ', 'endless', 'upgrade_failed', false], ['429 Many|Airlock-Cause: address_limit', 'none', 'address_limit', false],
      ['403 No|Airlock-Cause: origin_refused', 'none', 'origin_refused', true], ['503 Busy|Airlock-Cause: superseded', 'none', 'http_503', false], ['503 Busy|Airlock-Cause: draining|Airlock-Cause: upgrade_failed', 'none', 'http_503', false],
    ])) {
      const port = await tcp(t, (socket) => socket.once('data', () => {
        const length = body === 'none' ? 0 : body.startsWith('{') ? body.length : 9e9;
        socket.write(`HTTP/1.1 ${head.replaceAll('|', '\r\n')}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body.startsWith('{') ? body : ''}`);
        const pour = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        };
        if (body === 'endless') socket.on('drain', pour), pour();
        else if (body !== 'none at all') socket.end();
      }));
      fired = [];
      const client = connect(t, `ws://127.0.0.1:${port}/chat`);
      const [end] = await ends(client, 1);
      assert.equal(end.cause, name === 'ws' ? told : 'transport_lost', head + body);
      assert.ok(Math.max(0, ...fired) <= 500, `an end was told by a timer: ${fired}`);
      if (name === 'ws') assert.equal(end.final, final, head + body);
      // It would dial again and again while the others are looked at: its delays are not theirs.
      void client.close();
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
