// A small server that speaks spec/wire.md over loopback, strict about what a client may do. It is written from the spec, not from the client.

import { once } from 'node:events';
import { WebSocketServer } from 'ws';

/** @typedef {{ id: string, payload: any, attempt: number, isStopped: () => boolean, whenStopped: Promise<void>, stream: (payload: unknown) => void, send: (payload: unknown) => void }} Turn */
/** @typedef {{ s: number, text: string }} LogEntry */
/** @typedef {import('ws').WebSocket} Socket */

/** What a handler throws that is to fail: anything else that comes out of one, an assertion above all, is a failure of the test and no try that is simply repeated. */
export class PlannedFailure extends Error {}

const RANGE_RETRY = /** @type {Record<string, string>} */ ({ 40: 'never', 41: 'new', 42: 'resume', 43: 'resume_later' });

export class ReferenceServer {
  /** Everything a client did that the protocol forbids. @type {string[]} */
  violations = [];
  /** What handlers threw that they were not to. @type {unknown[]} */
  #failures = [];
  /** @type {Map<string, ServerSession>} */
  sessions = new Map();
  /** @type {Set<ServerConnection>} */
  connections = new Set();
  /** Message ids that were handled, with the session that claimed each. @type {Map<string, { session: string, done: boolean }>} */
  claims = new Map();
  /** Every turn that committed, in order. @type {{ id: string, payload: any }[]} */
  committed = [];
  ids = 0;
  /** Called before each frame is written and after each is read; may cut. @type {(connection: ServerConnection, what: 'wrote' | 'read') => void} */
  onTraffic = () => undefined;

  /** @param {WebSocketServer} listener @param {(turn: Turn) => Promise<void> | void} handler @param {{ window: number, idle: number, carriers: (offered: string[]) => string[] }} options */
  constructor(listener, handler, options) {
    this.listener = listener;
    this.handler = handler;
    this.options = options;
    listener.on('connection', (socket, request) => {
      const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
      this.connections.add(new ServerConnection(this, socket, offered));
    });
  }

  /** @param {(turn: Turn) => Promise<void> | void} handler @param {{ window?: number, idle?: number, carriers?: (offered: string[]) => string[] }} [options] */
  static async start(handler, options = {}) {
    const listener = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: (protocols) => (protocols.has('airlock.v1') ? 'airlock.v1' : false) });
    await once(listener, 'listening');
    const carriers = (/** @type {string[]} */ offered) => (offered.some((value) => value.startsWith('airlock.token.')) ? ['subprotocol'] : []);
    return new ReferenceServer(listener, handler, { window: 8, idle: 25_000, carriers, ...options });
  }

  get url() {
    return `ws://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.listener.address()).port}/chat`;
  }

  /** A handler has thrown. @param {unknown} error */
  handlerFailed(error) {
    if (!(error instanceof PlannedFailure)) this.#failures.push(error);
  }

  /** Ends it; throws what a handler threw that was not to. */
  async stop() {
    for (const socket of this.listener.clients) socket.terminate();
    this.listener.close();
    await once(this.listener, 'close');
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}

export class ServerConnection {
  /** @type {ServerSession | null} */
  session = null;
  hello = false;
  cut = false;

  /** @param {ReferenceServer} server @param {Socket} socket @param {string[]} offered */
  constructor(server, socket, offered) {
    this.server = server;
    this.socket = socket;
    this.id = `c${++server.ids}`;
    const hold = { messages: 8, bytes: 16_384 };
    this.carriers = server.options.carriers(offered);
    socket.on('message', (data, isBinary) => this.#message(String(data), isBinary));
    socket.on('close', () => {
      server.connections.delete(this);
      if (this.session?.connection === this) this.session.connection = null;
    });
    socket.on('error', () => undefined);
    this.write({
      t: 'open', v: 1, connection: this.id, now: Date.now(), deadlines: { hello: 10_000, authentication: 10_000, gate: 30_000, attach: 10_000 }, hold,
      limits: { message: 65_536, frames: 256 }, carriers: this.carriers,
    });
  }

  /** @param {object | string} frame */
  write(frame) {
    if (this.cut) return;
    this.server.onTraffic(this, 'wrote');
    if (!this.cut) this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** As a network does it: no close frame, and what is on the way may be gone. */
  sever() {
    this.cut = true;
    this.socket.terminate();
  }

  /** @param {number} code @param {string} cause */
  close(code, cause) {
    this.write({ t: 'closing', code, cause, retry: RANGE_RETRY[Math.floor(code / 100)] ?? 'never', retryAfter: null, resumable: true, message: '' });
    this.cut = true;
    if (this.session?.connection === this) this.session.connection = null;
    this.socket.close(code, cause);
  }

  /** @param {string} text @param {boolean} isBinary */
  #message(text, isBinary) {
    if (this.cut) return;
    this.server.onTraffic(this, 'read');
    if (this.cut) return;
    try {
      if (isBinary) throw new Error('binary_refused');
      const message = JSON.parse(text);
      for (const frame of Array.isArray(message) ? message : [message]) this.#frame(frame, text);
    } catch (error) {
      this.server.violations.push(`${error} in ${text}`);
      this.close(4000, 'malformed_frame');
    }
  }

  /** @param {any} frame @param {string} text */
  #frame(frame, text) {
    const must = (/** @type {unknown} */ condition, /** @type {string} */ cause) => {
      if (!condition) throw new Error(cause);
    };
    if (frame.t === 'hello') {
      must(!this.hello, 'hello_repeated');
      must(frame.v === 1 && frame.client && frame.instance, 'malformed_frame');
      this.hello = true;
      return this.#attach(frame);
    }
    must(this.hello, 'hello_missing');
    const session = this.session;
    must(session, 'early_data');
    if (!session || session.connection !== this) return;
    if (frame.a !== undefined) {
      must(Number.isSafeInteger(frame.a) && frame.a >= session.acked && frame.a <= session.appended, 'ack_invalid');
      session.acked = frame.a;
      session.log = session.log.filter((entry) => entry.s > frame.a);
    }
    switch (frame.t) {
      case 'data':
        must(Number.isSafeInteger(frame.s) && frame.s >= 1, 'sequence_invalid');
        must(typeof frame.id === 'string' && /^[!-~]{1,64}$/.test(frame.id), 'malformed_frame');
        must(frame.s <= session.done + this.server.options.window, 'window_exceeded');
        return session.store(frame, text, must);
      case 'stop':
        return session.stop(frame.s);
      case 'bye':
        session.bye = true;
        return session.finishIfDone();
      case 'ack':
      case 'pong':
        return;
      default:
        must(false, 'unknown_frame');
    }
  }

  /** @param {any} hello */
  #attach(hello) {
    const { server } = this;
    const user = hello.auth?.token ?? 'anonymous';
    this.write({ t: 'authed', user, expires: null, refreshBefore: null, hold: { messages: 64, bytes: 262_144 } });
    const asked = hello.resume;
    let session = asked ? server.sessions.get(asked.session) : undefined;
    let lost;
    if (asked && session && !session.ended) {
      if (asked.attempt <= session.attempt) return this.close(4016, 'stale_attempt');
      if (asked.received > session.appended) return this.close(4015, 'resume_invalid');
      if (asked.received < session.acked) {
        server.violations.push(`resume from ${asked.received} below ${session.acked}`);
        session.ended = true;
      }
    }
    const resumed = session && !session.ended ? session : null;
    if (asked && !resumed) {
      lost = session
        ? [{ direction: 'down', from: asked.received + 1, to: session.appended }, { direction: 'up', from: session.done + 1, to: session.stored }].filter(({ from, to }) => from <= to)
        : [{ direction: 'down', from: asked.received + 1, to: null }];
    }
    session = resumed ?? new ServerSession(server);
    if (resumed) {
      const old = session.connection;
      session.connection = null;
      old?.close(4031, 'superseded');
      session.acked = asked.received;
      session.log = session.log.filter((entry) => entry.s > asked.received);
    }
    session.generation += 1;
    session.attempt = asked ? asked.attempt : 1;
    session.connection = this;
    this.session = session;
    this.write({
      t: 'ready', session: session.id, generation: session.generation, attempt: session.attempt, resume: resumed ? 'resumed' : 'new',
      window: server.options.window, idle: server.options.idle, received: session.stored, done: session.done, replayTo: session.appended, lost,
    });
    for (const entry of [...session.log]) this.write(entry.text);
  }
}

class ServerSession {
  /** @type {ServerConnection | null} */
  connection = null;
  generation = 0;
  attempt = 0;
  stored = 0;
  done = 0;
  appended = 0;
  acked = 0;
  ended = false;
  bye = false;
  working = false;
  /** @type {LogEntry[]} */
  log = [];
  /** @type {{ s: number, id: string, b: unknown }[]} */
  inbox = [];
  /** @type {Map<number, string>} */
  contents = new Map();
  /** @type {{ s: number, stopped: boolean, tell: () => void } | null} */
  running = null;

  /** @param {ReferenceServer} server */
  constructor(server) {
    this.server = server;
    this.id = `s${++server.ids}`;
    server.sessions.set(this.id, this);
  }

  /** @param {any} frame @param {string} text @param {(condition: unknown, cause: string) => void} must */
  store(frame, text, must) {
    const content = JSON.stringify([frame.id, text.slice(text.indexOf(',"b":'))]);
    if (frame.s <= this.stored) {
      must(this.contents.get(frame.s) === content, 'sequence_conflict');
      return this.#ack();
    }
    must(frame.s === this.stored + 1, 'sequence_gap');
    this.stored = frame.s;
    this.contents.set(frame.s, content);
    this.inbox.push({ s: frame.s, id: frame.id, b: frame.b });
    this.#ack();
    void this.#work();
  }

  /** @param {number} s */
  stop(s) {
    if (this.running?.s === s) {
      this.running.stopped = true;
      this.running.tell();
    }
  }

  /** @param {object} frame */
  append(frame) {
    this.appended += 1;
    const text = JSON.stringify({ ...frame, s: this.appended });
    this.log.push({ s: this.appended, text });
    this.connection?.write(text);
  }

  finishIfDone() {
    if (!this.bye || this.done < this.stored) return;
    this.ended = true;
    this.connection?.close(1000, 'bye');
  }

  #ack() {
    this.connection?.write({ t: 'ack', a: this.stored, d: this.done });
  }

  async #work() {
    if (this.working) return;
    this.working = true;
    for (let message = this.inbox.shift(); message; message = this.inbox.shift()) {
      const claim = this.server.claims.get(message.id);
      if (claim && (claim.done || !this.server.sessions.get(claim.session)?.ended)) this.append({ t: 'nack', re: message.s, cause: 'duplicate', status: claim.done ? 'done' : 'pending' });
      else await this.#turn(message);
      this.done = message.s;
      this.#ack();
    }
    this.working = false;
    this.finishIfDone();
  }

  /** @param {{ s: number, id: string, b: unknown }} message */
  async #turn({ s, id, b }) {
    const { server } = this;
    server.claims.set(id, { session: this.id, done: false });
    for (let attempt = 1; attempt <= 3; attempt++) {
      let tell = () => {};
      const whenStopped = new Promise((/** @type {(value: void) => void} */ resolve) => { tell = resolve; });
      const running = { s, stopped: false, tell };
      this.running = running;
      let streamed = false;
      /** @type {unknown[]} */
      const staged = [];
      try {
        await server.handler({
          id, payload: b, attempt, whenStopped, isStopped: () => running.stopped,
          stream: (payload) => { streamed = true; this.append({ t: 'data', re: s, try: attempt, p: true, b: payload }); },
          send: (payload) => staged.push(payload),
        });
        this.running = null;
        if (this.ended) return;
        for (const payload of staged) this.append({ t: 'data', re: s, try: attempt, b: payload });
        if (streamed || running.stopped) this.append({ t: 'end', re: s, try: attempt, stopped: running.stopped || undefined });
        server.claims.set(id, { session: this.id, done: true });
        server.committed.push({ id, payload: b });
        return;
      } catch (error) {
        server.handlerFailed(error);
        this.running = null;
        if (streamed) this.append({ t: 'void', re: s, try: attempt });
      }
    }
    this.append({ t: 'nack', re: s, cause: 'handler_failed' });
    server.claims.set(id, { session: this.id, done: true });
  }
}
