// The client against a server on loopback, with real sockets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { AirlockClient } from '../src/index.js';
import { ReferenceServer } from './referenceServer.js';

test('A message is answered and its receipt is settled', async (t) => {
  const server = await ReferenceServer.start((turn) => {
    turn.stream('thinking');
    turn.send({ echo: turn.payload });
  });
  t.after(() => server.stop());
  const client = new AirlockClient(server.url, { WebSocket });
  /** @type {unknown[]} */
  const seen = [];
  client.addEventListener('message', ({ detail }) => seen.push([detail.payload, detail.provisional, detail.id]));
  client.addEventListener('end', ({ detail }) => seen.push(['end', detail.id]));
  const receipt = client.send({ hello: 1 }, { id: 'first' });
  await client.ready;
  assert.deepEqual(await receipt.done, { stopped: false });
  assert.deepEqual(seen, [['thinking', true, 'first'], [{ echo: { hello: 1 } }, false, 'first'], ['end', 'first']]);
  assert.deepEqual(client.state.phases.map(({ state }) => state), ['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY']);
  await client.end();
  assert.equal(client.state.name, 'CLOSED');
  assert.deepEqual(server.violations, []);
});
