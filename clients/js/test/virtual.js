// Surroundings under the test's control: time that moves when told, randomness that is given, sockets that a script answers.

import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { AirlockClient } from '../src/index.js';
import { takeBroken } from './invariants.js';

export { MemoryStorage } from './memoryStorage.js';

/** The scenes of the test that runs now. @type {Set<Scene>} */
const scenes = new Set();

// After every test, so that none has to remember: with its client closed, nothing of a scene is left.
afterEach(async () => {
  const ended = [...scenes];
  scenes.clear();
  for (const scene of ended) assert.deepEqual(await scene.end(), scene.leaves);
  assert.deepEqual(takeBroken(), []);
});

/** Lets everything that is already due run: promises and their followers. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export class VirtualTime {
  time = 1_000_000;
  chance = 0;
  ids = 0;
  /** @type {Map<number, { at: number, callback: () => void }>} */
  #timers = new Map();
  #count = 0;

  now = () => this.time;
  random = () => this.chance;
  randomId = () => `id-${++this.ids}`;
  /** @param {() => void} callback @param {number} delay */
  setTimeout = (callback, delay) => {
    this.#timers.set(++this.#count, { at: this.time + delay, callback });
    return this.#count;
  };
  /** @param {number} timer */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  get pending() {
    return this.#timers.size;
  }

  /** @param {number} milliseconds */
  async advance(milliseconds) {
    const until = this.time + milliseconds;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort(([first, a], [second, b]) => a.at - b.at || first - second)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].callback();
      await settle();
    }
    this.time = until;
  }
}

/** A WebSocket whose other end is the test. */
export class ScriptedSocket extends EventTarget {
  protocol = '';
  /** What the client sent, parsed. @type {any[]} */
  sent = [];
  /** @type {{ code: number | undefined, reason: string | undefined } | null} */
  closed = null;

  /** @param {string} url @param {string[]} protocols */
  constructor(url, protocols) {
    super();
    this.url = url;
    this.protocols = protocols;
  }

  /** @param {string} text */
  send(text) {
    if (this.closed) throw new Error('The socket is closed.');
    this.sent.push(JSON.parse(text));
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) throw new Error('A client may not close with this.');
    this.closed = { code, reason };
  }

  /** What the client sent of one type. @param {string} type */
  of(type) {
    return this.sent.filter(({ t }) => t === type);
  }

  /** The handshake is done. @param {string} [protocol] */
  accept(protocol = 'airlock.v1') {
    this.protocol = protocol;
    this.dispatchEvent(new Event('open'));
    return this;
  }

  /** @param {...object} frames each in a message of its own */
  say(...frames) {
    for (const frame of frames) this.text(JSON.stringify(frame));
    return this;
  }

  /** @param {unknown} data */
  text(data) {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
    return this;
  }

  /** As the package ws shows an HTTP answer. @type {((request: object, response: { statusCode: number, headers: Record<string, string> }) => void)[]} */
  answered = [];

  /** @param {'unexpected-response'} _ @param {(typeof this.answered)[number]} listener */
  on(_, listener) {
    this.answered.push(listener);
  }

  /** There is an HTTP answer in place of the upgrade. @param {number} status @param {Record<string, string>} [headers] */
  answer(status, headers = {}) {
    for (const listener of this.answered) listener({}, { statusCode: status, headers });
    // Whoever listens ends the request by closing, which is no close of a connection.
    if (this.answered.length > 0 && !this.closed) throw new Error('Nobody ends the request.');
    this.closed = null;
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'WebSocket was closed before the connection was established' }));
    return this.lose();
  }

  /** Whether the connection is gone. */
  isOver = false;

  /** The connection is gone. @param {number} [code] @param {string} [reason] */
  lose(code = 1006, reason = '') {
    this.isOver = true;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason, wasClean: code !== 1006 }));
    return this;
  }
}

export const frames = {
  /** @param {object} [fields] */
  open: (fields = {}) => ({
    t: 'open', v: 1, connection: 'c1', now: 5_000_000, deadlines: { hello: 10_000, authentication: 10_000, gate: 30_000, attach: 10_000 },
    hold: { messages: 8, bytes: 16_384 }, limits: { message: 65_536, frames: 256 }, carriers: [], ...fields,
  }),
  /** @param {object} [fields] */
  authed: (fields = {}) => ({ t: 'authed', user: 'ada', expires: null, refreshBefore: null, hold: { messages: 64, bytes: 262_144 }, ...fields }),
  /** @param {object} [fields] */
  ready: (fields = {}) => ({
    t: 'ready', session: 's1', generation: 1, attempt: 1, resume: 'new', window: 64, idle: 25_000, received: 0, done: 0, replayTo: 0, ...fields,
  }),
  /** @param {string} name @param {string} state @param {object} [fields] */
  gate: (name, state, fields = {}) => ({ t: 'gate', name, required: true, state, elapsed: 100, deadline: 30_000, retryAfter: null, ...fields }),
  /** @param {number} code @param {string} cause @param {object} [fields] */
  closing: (code, cause, fields = {}) => ({ t: 'closing', code, cause, retry: 'never', retryAfter: null, resumable: true, message: '', ...fields }),
};

/** A client in such surroundings. */
export class Scene {
  time = new VirtualTime();
  /** @type {ScriptedSocket[]} */
  sockets = [];
  /** @type {[string, any][]} */
  events = [];
  /** What may be left when the test has ended: for a test of exactly that. @type {string[]} */
  leaves = [];

  /** @param {import('../src/clientOptions.js').AirlockClientOptions & { listen?: boolean | 'never' }} [options] `listen`: whether messages have a listener; `never`: nothing has @param {string} [url] */
  constructor({ listen = true, ...options } = {}, url = 'ws://test/chat') {
    const { sockets } = this;
    class WebSocket extends ScriptedSocket {
      /** @param {string} url @param {string[]} protocols */
      constructor(url, protocols) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    this.client = new AirlockClient(url, { WebSocket, platform: this.time, ...options });
    scenes.add(this);
    for (const type of /** @type {const} */ (['state', 'gate', 'stripped', 'close', 'storage', ...(listen === 'never' ? [] : ['end', 'void', 'nack', 'lost']), ...(listen === true ? ['message'] : [])])) {
      this.client.addEventListener(/** @type {'close'} */ (type), (event) => { this.events.push([type, event.detail]); });
    }
  }

  /** The newest socket, once the client has dialed. */
  async socket() {
    await settle();
    return /** @type {ScriptedSocket} */ (this.sockets.at(-1));
  }

  /** The newest socket, taken to PROCESSING_READY. @param {object} [ready] @param {object} [open] */
  async ready(ready = {}, open = {}) {
    const socket = (await this.socket()).accept().say(frames.open(open), frames.authed(), frames.ready(ready));
    await settle();
    return socket;
  }

  /** @param {string} type */
  of(type) {
    return this.events.filter(([name]) => name === type).map(([, detail]) => detail);
  }

  get states() {
    return this.of('state').map(({ to }) => to);
  }

  /** @param {number} milliseconds */
  advance(milliseconds) {
    return this.time.advance(milliseconds);
  }

  /** Closes the client, lets the network answer and time pass, and tells what is left. @returns {Promise<string[]>} */
  async end() {
    let isClosed = false;
    void this.client.close();
    void this.client.closed.then(() => { isClosed = true; });
    await this.advance(300_000);
    const open = this.sockets.filter(({ closed, isOver }) => !closed && !isOver).length;
    for (const socket of this.sockets) socket.lose();
    await this.advance(300_000);
    return [
      ...(isClosed ? [] : ['a client that does not close']),
      ...(this.time.pending === 0 ? [] : [`${this.time.pending} timers`]),
      ...(open === 0 ? [] : [`${open} sockets`]),
    ];
  }
}

/** A page whose events a test fires. @param {import('node:test').TestContext} t */
export function page(t) {
  const surroundings = /** @type {any} */ (globalThis);
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  /** @type {Map<EventTarget, number>} */
  const listeners = new Map();
  for (const target of [window, document]) {
    const [add, remove] = [target.addEventListener.bind(target), target.removeEventListener.bind(target)];
    target.addEventListener = (/** @type {any} */ ...all) => { listeners.set(target, (listeners.get(target) ?? 0) + 1); add(.../** @type {[any, any]} */ (all)); };
    target.removeEventListener = (/** @type {any} */ ...all) => { listeners.set(target, (listeners.get(target) ?? 0) - 1); remove(.../** @type {[any, any]} */ (all)); };
  }
  Object.assign(surroundings, { addEventListener: window.addEventListener, removeEventListener: window.removeEventListener, document });
  t.after(() => {
    for (const name of ['addEventListener', 'removeEventListener', 'document']) delete surroundings[name];
  });
  return {
    document,
    /** @param {string} type @param {object} [fields] */
    fire: (type, fields = {}) => window.dispatchEvent(Object.assign(new Event(type), fields)),
    get listeners() { return [...listeners.values()].reduce((sum, count) => sum + count, 0); },
  };
}
