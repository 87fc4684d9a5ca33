// What this client decides, against the vectors that every client is run through (spec/client.md tells how they are read).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageRefused } from '../src/index.js';
import { MemoryStorage, Scene, settle } from './virtual.js';
import { readVectors } from './vectors.js';

const { defaults, cases } = readVectors('decisions');

/** Only what is expected is compared; `null` means absent. @param {any} actual @param {any} expected */
function assertNamed(actual, expected, what = '') {
  if (expected === null) return assert.ok(actual === null || actual === undefined, `${what} is ${JSON.stringify(actual)}`);
  if (typeof expected !== 'object') return assert.equal(actual, expected, what);
  if (Array.isArray(expected)) assert.equal(actual?.length, expected.length, `${what}: ${JSON.stringify(actual)}`);
  for (const [name, value] of Object.entries(expected)) assertNamed(actual?.[name], value, `${what}.${name}`);
}

/** A client that follows a case, and what it has decided since it was last asked. */
class Follower {
  storage = new MemoryStorage();
  /** @type {string[]} */
  asked = [];
  /** @type {any[]} */
  told = [];
  /** @type {Record<string, string>} */
  receipts = {};
  /** @type {any[]} */
  ended = [];
  /** @type {(() => void)[]} */
  inHand = [];
  ready = false;
  /** @type {string | undefined} */
  finished;
  seen = { dials: 0, written: /** @type {Map<number, number>} */ (new Map()), closed: new Set() };

  /** @param {any} options */
  constructor({ tokens, random = 0, connectTimeout, queueMax, handles = 'at once', position }) {
    let answers = 0;
    const token = () => {
      const answer = tokens[Math.min(answers++, tokens.length - 1)];
      if (answer === 'fail') throw new Error('as asked');
      return answer === 'never' ? new Promise(() => undefined) : answer;
    };
    if (position) {
      const messages = position.messages.map((/** @type {any} */ { id, b }) => ({ id, b: JSON.stringify(b), stop: false }));
      this.storage.setItem('k', JSON.stringify({ version: 1, instance: 'i', answered: [], open: [], ...position, messages }));
    }
    this.scene = new Scene({
      listen: false, ...(connectTimeout ? { connectTimeout } : {}), ...(queueMax ? { queueMax } : {}), ...(position ? { storage: this.storage, storageKey: 'k' } : {}),
      ...(tokens ? { authIn: 'hello', token: ({ reason }) => { this.asked.push(reason); return token(); } } : {}),
    });
    this.scene.time.chance = random;
    const { client } = this.scene;
    this.start = this.scene.time.now();
    void client.ready.then(() => { this.ready = true; }, () => undefined);
    void client.closed.then(({ cause }) => { this.finished = cause; });
    client.addEventListener('close', ({ detail: { link, cause, retryAt } }) => this.ended.push({ link, cause, retryIn: retryAt === null ? null : retryAt - this.scene.time.now() }));
    for (const type of /** @type {const} */ (['message', 'end', 'void', 'nack', 'lost', 'gap'])) {
      client.addEventListener(/** @type {'end'} */ (type), ({ detail }) => {
        this.told.push({ type, s: /** @type {any} */ (detail).sequence ?? null, ...detail });
        return handles === 'later' ? new Promise((/** @type {(value: void) => void} */ resolve) => this.inHand.push(resolve)) : undefined;
      });
    }
    for (const receipt of client.pending) this.#watch(receipt);
  }

  /** The dials, without the probe for stripped sub-protocols. */
  get sockets() {
    return this.scene.sockets.filter(({ protocols }) => protocols.length > 0);
  }

  /** The sockets by the number of their connection, which also counts those that had no credentials. @type {Map<number, import('./virtual.js').ScriptedSocket>} */
  links = new Map();

  /** @param {any} receipt */
  #watch(receipt) {
    receipt.done.then((/** @type {any} */ { stopped }) => { this.receipts[receipt.id] = stopped ? 'stopped' : 'done'; }, (/** @type {any} */ error) => {
      if (error instanceof MessageRefused) this.receipts[receipt.id] = error.cause;
    });
  }

  /** @param {any} step */
  async take({ at, do: event, link, frames, code, reason, status, cause, retryAfter, date, id, b }) {
    const { scene } = this;
    const wait = Math.max(0, (at ?? 0) - (scene.time.now() - this.start));
    if (event !== 'start' && event !== 'leave') await scene.advance(wait);
    const socket = this.links.get(link);
    switch (event) {
      case 'opened': socket?.accept(); break;
      case 'hear':
        for (const frame of frames) {
          socket?.say({ ...defaults[frame.t], ...frame });
          await settle();
        }
        break;
      case 'closed': socket?.lose(code, reason); break;
      case 'unopened':
        if (status) socket?.answer(status, Object.fromEntries(Object.entries({ 'airlock-cause': cause, 'retry-after': retryAfter, date }).filter(([, value]) => value !== undefined)));
        else {
          socket?.dispatchEvent(Object.assign(new Event('error'), { message: '' }));
          socket?.lose();
        }
        break;
      case 'send':
        try {
          this.#watch(scene.client.send(b, { id }));
        } catch (error) {
          if (!(error instanceof MessageRefused)) throw error;
          this.receipts[id] = error.cause;
        }
        break;
      case 'stop': scene.client.stop(id); break;
      case 'handled': this.inHand.shift()?.(); break;
      case 'bye': void scene.client.end().catch(() => undefined); break;
      case 'leave': void scene.client.close(); break;
    }
    await settle();
  }

  /** What was decided since the last time. */
  decisions() {
    const { sockets, seen } = this;
    /** @type {any} */
    const all = { dial: [], asked: this.asked.splice(0), write: {}, close: {}, told: this.told.splice(0), receipts: this.receipts, ready: this.ready || undefined, finished: this.finished, ended: this.ended.splice(0) };
    for (const socket of sockets.slice(seen.dials)) {
      const link = Math.max(...this.scene.client.timeline.map((entry) => entry.link));
      this.links.set(link, socket);
      all.dial.push(link);
    }
    seen.dials = sockets.length;
    for (const [link, socket] of this.links) {
      const written = socket.sent.slice(seen.written.get(link) ?? 0);
      seen.written.set(link, socket.sent.length);
      if (written.length > 0) all.write[link] = written;
      if (socket.closed && !seen.closed.has(link)) all.close[link] = socket.closed.code;
      if (socket.closed) seen.closed.add(link);
    }
    this.receipts = {};
    this.ready = false;
    this.finished = undefined;
    return all;
  }
}

for (const { name, options = {}, steps } of cases) {
  test(`Decides: ${name}`, async () => {
    const follower = new Follower(options);
    for (const step of steps) {
      await follower.take(step);
      const decisions = follower.decisions();
      const where = JSON.stringify(step);
      for (const key of ['dial', 'asked', 'told', 'write', 'close', 'receipts', 'ready', 'finished', 'ended']) {
        const expected = step.expect[key] ?? { dial: [], asked: [], told: [], write: {}, close: {}, receipts: {} }[key];
        if (key === 'ended' && !step.expect.ended) continue;
        if (key === 'told' && typeof expected === 'number') {
          assert.equal(decisions.told.length, expected, where);
          continue;
        }
        if (key === 'told') for (const [place, item] of expected.entries()) if (decisions.told[place]?.s === null) delete item.s;
        if (expected === undefined || Array.isArray(expected)) assertNamed(decisions[key] ?? null, expected ?? null, `${where}: ${key}`);
        else {
          assert.deepEqual(Object.keys(Object(decisions[key])).sort(), Object.keys(Object(expected)).sort(), `${where}: ${key} is ${JSON.stringify(decisions[key])}`);
          assertNamed(decisions[key], expected, `${where}: ${key}`);
        }
      }
    }
    void follower.scene.client.close();
    // A closed client leaves nothing behind but the wait for its socket's close.
    for (const socket of follower.sockets) socket.lose();
    await settle();
    assert.equal(follower.scene.time.pending, 0);
  });
}
