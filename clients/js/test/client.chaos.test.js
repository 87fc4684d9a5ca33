// The client against the reference server over loopback, with connections cut at random points. What is proven: nothing lost, doubled or reordered, either way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { AirlockClient } from '../src/index.js';
import { systemPlatform } from '../src/platform.js';
import { PlannedFailure, ReferenceServer } from './referenceServer.js';
import { choose, seeded, seedsOf } from './random.js';
import { MemoryStorage } from './virtual.js';

const MESSAGES = 40;

/** Back-off without the waiting: what is tested is what is said, not when. How long a server may be silent stays as it is. */
const hasty = { ...systemPlatform, setTimeout: (/** @type {() => void} */ callback, /** @type {number} */ delay) => setTimeout(callback, delay >= 30_000 ? delay : delay / 1000) };

/** What the page of a user would keep: the messages it was shown, what is final and what was withdrawn. */
class Transcript {
  /** @type {Map<string, { re: number, try: number, session: string, parts: unknown[], final: unknown[], state: 'open' | 'final' | 'withdrawn' }>} */
  answers = new Map();
  /** @type {string[]} */
  faults = [];
  sequence = 0;
  session = '';

  /** @param {AirlockClient} client */
  attach(client) {
    client.addEventListener('message', ({ detail: { session, sequence, re, try: attempt, id, payload, provisional } }) => {
      if (session !== this.session) this.sequence = 0;
      this.session = session;
      if (sequence <= this.sequence) this.faults.push(`number ${sequence} after ${this.sequence}`);
      this.sequence = sequence;
      if (re === null || attempt === null) return;
      if (id === null) this.faults.push(`no id for ${re}`);
      const key = `${id}/${session}/${attempt}`;
      const answer = this.answers.get(key) ?? { re, try: attempt, session, parts: [], final: [], state: /** @type {const} */ ('open') };
      this.answers.set(key, answer);
      (provisional ? answer.parts : answer.final).push(payload);
      if (answer.state !== 'open') this.faults.push(`${key} was ${answer.state}`);
    });
    for (const type of /** @type {const} */ (['end', 'void'])) {
      client.addEventListener(type, ({ detail }) => {
        const [key, answer] = [...this.answers].reverse().find(([name]) => name.startsWith(`${detail.id}/`) && name.endsWith(`/${detail.try}`)) ?? [];
        if (answer?.state === 'open') answer.state = type === 'end' ? 'final' : 'withdrawn';
        else this.faults.push(`${type} for ${detail.re}/${detail.try}, which is not open: ${key} ${answer?.state}`);
      });
    }
  }
}

/** @param {number} seed @param {{ reload: boolean, crash: boolean }} how */
async function run(seed, { reload, crash }) {
  const random = seeded(seed);
  const server = await ReferenceServer.start(async (turn) => {
    const parts = turn.payload.n % 5;
    for (let part = 0; part < parts; part++) {
      turn.stream({ n: turn.payload.n, part });
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    if (turn.payload.fails >= turn.attempt) throw new PlannedFailure('as asked');
    turn.send({ n: turn.payload.n, whole: parts });
  }, { window: 1 + Math.floor(random() * 8), idle: 60_000 });
  let cuts = 60;
  server.onTraffic = (connection) => {
    if (cuts > 0 && random() < 0.06) {
      cuts -= 1;
      if (crash && random() < 0.1) for (const session of server.sessions.values()) if (session.connection === connection) session.ended = true;
      connection.sever();
    }
  };

  const transcript = new Transcript();
  const storage = new MemoryStorage();
  const make = () => {
    const client = new AirlockClient(server.url, { WebSocket, storage, platform: { ...hasty, random } });
    transcript.attach(client);
    return client;
  };
  let client = make();
  /** @type {Set<string>} */
  const refused = new Set();
  try {
    for (let n = 1; n <= MESSAGES; n++) {
      const fails = choose(random, [0, 0, 0, 1, 2]);
      client.send({ n, fails }, { id: `m${n}` });
      if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, random() * 4));
      if (reload && random() < 0.15) {
        // As a reload: the old page hears nothing more, and the new one has only what was stored.
        await client.close();
        client = make();
      }
    }
    for (let receipt = client.pending[0]; receipt; receipt = client.pending[0]) {
      const { id } = receipt;
      await receipt.done.catch((error) => { refused.add(`${id}: ${error.cause}`); });
    }
    await client.end();
  } finally {
    await server.stop();
  }

  const label = `AIRLOCK_SEED=${seed}`;
  assert.deepEqual(server.violations, [], `${label}: the client kept to the protocol: ${server.violations.join("; ")}`);
  assert.deepEqual(transcript.faults, [], `${label}: ${transcript.faults.join("; ")}`);
  const committed = server.committed.map(({ payload }) => payload.n);
  if (!crash) {
    assert.deepEqual(committed, Array.from({ length: MESSAGES }, (_, place) => place + 1), `${label}: each message once and in order`);
    assert.deepEqual([...refused], [], `${label}: ${[...refused].join('; ')}`);
    // A session whose ready was lost on the way is nobody's.
    assert.equal([...server.sessions.values()].filter(({ stored }) => stored > 0).length, 1, `${label}: one session`);
  } else {
    assert.deepEqual([...committed].sort((a, b) => a - b), [...new Set(committed)].sort((a, b) => a - b), `${label}: none twice`);
    assert.equal(new Set(committed).size, MESSAGES, `${label}: none lost`);
  }
  for (let n = 1; n <= MESSAGES; n++) {
    const tries = [...transcript.answers].filter(([key]) => key.startsWith(`m${n}/`)).map(([, answer]) => answer);
    const whole = tries.filter(({ final }) => final.length > 0);
    if (!crash) {
      assert.equal(whole.length, 1, `${label}: one answer to ${n}`);
      assert.deepEqual(whole[0]?.parts, Array.from({ length: n % 5 }, (_, part) => ({ n, part })), `${label}: its parts, in order`);
    }
    assert.ok(whole.length <= 1, label);
    for (const answer of tries.filter(({ final }) => final.length === 0)) assert.equal(answer.state, 'withdrawn', `${label}: ${n}`);
    // A session that ends between an answer and its `end` leaves the streamed parts withdrawn.
    if (!crash) for (const answer of whole) assert.ok(answer.parts.length === 0 || answer.state === 'final', `${label}: ${n}`);
  }
  return 60 - cuts;
}

for (const [title, how] of /** @type {const} */ ([
  ['Nothing is lost, doubled or reordered when connections are cut', { reload: false, crash: false }],
  ['… nor when the page is reloaded too', { reload: true, crash: false }],
  ['When sessions end early, messages are handled once all the same', { reload: false, crash: true }],
])) {
  test(title, { timeout: 900_000 }, async () => {
    let cuts = 0;
    for (const seed of seedsOf(5)) {
      try {
        cuts += await run(seed, how);
      } catch (error) {
        throw new Error(`Fails with AIRLOCK_SEED=${seed}: ${error}`, { cause: error });
      }
    }
    assert.ok(cuts > 0, 'connections were cut');
  });
}
