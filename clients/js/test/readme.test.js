// The code in README.md, run as it stands against a server. What it takes from its surroundings is given to it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import * as airlock from '../src/index.js';
import { PlannedFailure, ReferenceServer } from './referenceServer.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
const AsyncFunction = /** @type {FunctionConstructor} */ ((async () => {}).constructor);

/**
 * Runs a module's text; what it imports and its free names come from `surroundings`.
 * @param {import('node:test').TestContext} t @param {string} code @param {string} address the one that stands there @param {ReferenceServer} server
 * @param {Record<string, unknown>} surroundings
 * @returns {{ ended: Promise<unknown>, clients: airlock.AirlockClient[] }}
 */
function run(t, code, address, server, surroundings) {
  /** @type {airlock.AirlockClient[]} */
  const clients = [];
  class AirlockClient extends airlock.AirlockClient {
    /** @param {string} url @param {import('../src/clientOptions.js').AirlockClientOptions} options */
    constructor(url, options) {
      assert.equal(url, address);
      super(server.url, { WebSocket: /** @type {any} */ (WebSocket), ...options });
      clients.push(this);
      // A client that dials on would keep a failed test's file from ending.
      t.after(() => this.close());
    }
  }
  const modules = /** @type {Record<string, object>} */ ({ ws: { WebSocket }, 'airlock-client': { ...airlock, AirlockClient }, '/_content/Airlock.AspNetCore/index.js': { ...airlock, AirlockClient } });
  const text = code.replace(/^ *import (\{.*\}) from '(.*)';$/gm, (_, names, from) => {
    assert.ok(modules[from], from);
    return `const ${names} = modules['${from}'];`;
  });
  assert.doesNotMatch(text, /\bimport\b/);
  const given = { modules, ...surroundings };
  return { ended: new AsyncFunction(...Object.keys(given), `'use strict';${text}`)(...Object.values(given)), clients };
}

/** @param {RegExp} block */
function only(block) {
  const found = [...README.matchAll(block)];
  assert.equal(found.length, 1, String(block));
  return /** @type {string} */ (found[0]?.[1]);
}

test('The code for a browser shows, withdraws and settles an answer', { timeout: 900_000 }, async (t) => {
  const offered = /** @type {string[]} */ ([]);
  const asked = /** @type {unknown[]} */ ([]);
  const server = await ReferenceServer.start(({ attempt, payload, stream }) => {
    asked.push(payload);
    stream('Mostly');
    if (attempt === 1) throw new PlannedFailure('again');
  }, { carriers: (values) => {
    offered.push(...values);
    return ['subprotocol'];
  } });
  t.after(() => server.stop());
  const calls = /** @type {unknown[][]} */ ([]);
  const kept = new Map();
  const status = { textContent: '' };
  const { ended, clients } = run(t, only(/^```html\n<script type="module">\n(.*?)<\/script>\n```$/gms), '/chat', server, {
    fetch: async (/** @type {string} */ url) => new Response(`token-for${url.replaceAll('/', '-')}`),
    sessionStorage: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: kept.set.bind(kept), removeItem: kept.delete.bind(kept) },
    show: (/** @type {unknown[]} */ ...all) => calls.push(['show', ...all]),
    withdraw: (/** @type {unknown[]} */ ...all) => calls.push(['withdraw', ...all]),
    settle: (/** @type {unknown[]} */ ...all) => calls.push(['settle', ...all]),
    status,
  });
  await ended;
  const [client] = clients;
  assert.deepEqual(asked, Array(2).fill({ question: 'Where does my AI spend go?' }));
  assert.deepEqual(offered, ['airlock.v1', 'airlock.token.token-for-sign-in-token']);
  assert.equal(status.textContent, 'PROCESSING_READY');
  assert.equal(kept.size, 1);
  const id = server.committed[0]?.id;
  assert.deepEqual(calls, [['show', id, 1, 'Mostly', true], ['withdraw', id, 1], ['show', id, 2, 'Mostly', true], ['settle', id, 2]]);
  client?.close();
  await client?.closed;
  assert.deepEqual(server.violations, []);
});

test('The code for Node prints what the server sends', { timeout: 900_000 }, async (t) => {
  const server = await ReferenceServer.start(({ payload, send }) => send(`${payload} back`));
  t.after(() => server.stop());
  const printed = /** @type {unknown[]} */ ([]);
  const { ended, clients } = run(t, only(/^```js\n(import.*?)^```$/gms), 'wss://example.org/chat', server, {
    process: { env: { TOKEN: 'secret' } },
    console: {
      log: (/** @type {unknown} */ line) => {
        printed.push(line, clients[0]?.state.user);
        clients[0]?.close();
      },
    },
  });
  await ended;
  assert.deepEqual(printed, ['hello back', 'secret']);
  assert.deepEqual(server.violations, []);
});
