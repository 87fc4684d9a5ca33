// A server of the virtual world, written from spec/wire.md and spec/session.md. It keeps what it was told and what it said, for the checks.

import { choose } from './random.js';

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./worldClient.js').WorldClient} WorldClient */
/** @typedef {import('./worldLine.js').WorldLine} WorldLine */

const WINDOW = 8;
const RETRY = /** @type {Record<string, string>} */ ({ 40: 'never', 41: 'new', 42: 'resume', 43: 'resume_later' });

export class WorldServer {
  /** @type {Map<string, WorldSession>} */
  sessions = new Map();
  /** Message ids that were claimed. @type {Map<string, { session: WorldSession, done: boolean }>} */
  claims = new Map();
  /** How often each message was handled to its end. @type {Map<string, number>} */
  committed = new Map();
  /** Which were given up after three tries. @type {Set<string>} */
  failed = new Set();
  /** Which were stopped. @type {Set<string>} */
  stopped = new Set();
  /** Which were refused as another session had them in hand. @type {Set<string>} */
  pending = new Set();
  /** What clients did that the protocol forbids. @type {string[]} */
  violations = [];
  /** @type {Set<WorldConnection>} */
  connections = new Set();
  ids = 0;

  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /** By this server's clock, which no page's has to agree with. */
  get now() {
    return 1_700_000_000_000 + Math.floor(this.world.time);
  }

  /** What was told to be in hand elsewhere is lost with the session that had it: whoever was told so has to look. @param {string} id */
  isLostElsewhere(id) {
    return this.pending.has(id) && this.claims.get(id)?.session.isOver === true;
  }

  /** @param {WorldLine} line */
  accept(line) {
    return new WorldConnection(this, line);
  }
}

export class WorldConnection {
  /** @type {WorldSession | null} */
  session = null;
  isOver = false;
  expires = Infinity;
  #hasHello = false;

  /** @param {WorldServer} server @param {WorldLine} line */
  constructor(server, line) {
    this.server = server;
    this.line = line;
    this.id = `c${++server.ids}`;
    server.connections.add(this);
    this.write({
      t: 'open', v: 1, connection: this.id, now: server.now, deadlines: { hello: 10_000, authentication: 10_000, gate: 30_000, attach: 10_000 }, hold: { messages: 8, bytes: 16_384 },
      limits: { message: 65_536, frames: 256 }, carriers: [], can: ['gap'],
    });
  }

  /** @param {object} frame */
  write(frame) {
    if (!this.isOver) this.line.toClient(frame);
  }

  /** @param {number} code @param {string} cause */
  close(code, cause) {
    if (this.isOver) return;
    this.write({ t: 'closing', code, cause, retry: RETRY[Math.floor(code / 100)] ?? 'never', retryAfter: null, resumable: true, message: '' });
    this.line.closeFromServer(code, cause);
    this.lost(code, cause);
  }

  /** The transport is gone, as the server sees it. */
  lost(code = 1006, cause = 'transport_lost') {
    if (this.isOver) return;
    this.isOver = true;
    this.server.connections.delete(this);
    if (this.session?.connection !== this) return;
    this.session.connection = null;
    this.session.previous = { connection: this.id, code, cause };
  }

  /** @param {any} frame @param {string} text */
  read(frame, text) {
    if (this.isOver) return;
    try {
      this.#frame(frame);
    } catch (error) {
      this.server.violations.push(`${/** @type {Error} */ (error).message}: ${text}`);
      this.close(4000, 'malformed_frame');
    }
  }

  /** @param {any} frame */
  #frame(frame) {
    const must = (/** @type {unknown} */ condition, /** @type {string} */ cause) => {
      if (!condition) throw new Error(cause);
    };
    if (frame.t === 'hello') {
      must(!this.#hasHello, 'hello_repeated');
      this.#hasHello = true;
      // A store or a service may take its time.
      const { world } = this.server;
      if (world.random() < 0.8) return this.#hello(frame);
      return world.later(world.random() * 2_000, () => this.isOver || this.#hello(frame));
    }
    must(this.#hasHello, 'hello_missing');
    if (frame.t === 'refresh') return this.#refresh(frame.token);
    const { session } = this;
    must(session, 'early_data');
    if (!session || session.connection !== this) return;
    if (frame.a !== undefined) {
      must(Number.isSafeInteger(frame.a) && frame.a >= session.acked && frame.a <= session.appended, 'ack_invalid');
      this.#handledOnly(session, frame.a);
      session.acked = frame.a;
    }
    if (frame.t === 'data') {
      if (session.bye && frame.s > session.stored) {
        must(session.bye !== this.line.client, 'frame_out_of_phase');
        return this.close(4018, 'frame_out_of_phase');
      }
      must(frame.s <= session.done + WINDOW, 'window_exceeded');
      session.store(frame, must);
    } else if (frame.t === 'bye') session.bye ??= this.line.client;
    else if (frame.t === 'stop') session.stop(frame.s, must);
    else must([ 'ack', 'pong'].includes(frame.t), 'unknown_frame');
    session.finishIfDone();
  }

  /** @param {WorldSession} session @param {number} to */
  #handledOnly(session, to) {
    this.line.page.tab.storage.onlyHandled(session.id, session.acked, to, 'is acknowledged');
  }

  /** Each token was asked for, and is used once. @param {string | undefined} token */
  #asked(token) {
    const { client } = this.line;
    const place = token === undefined ? -1 : client.tokens.indexOf(token);
    if (place >= 0) client.tokens.splice(place, 1);
    else if (this.line.page.tab.hasTokens) client.violated(`uses a token that its application was not asked for: ${token}`);
  }

  /** @param {any} hello */
  #hello({ auth, resume, instance }) {
    const { server, line: { client } } = this;
    this.#asked(auth?.token);
    const expires = auth?.token ? Number(auth.token) : Infinity;
    if (expires <= server.now) return this.close(4022, 'token_expired');
    this.#authenticated(expires);
    void instance;
    const asked = resume && server.sessions.get(resume.session);
    let lost;
    let isThrough = false;
    let session = asked && !asked.isOver ? asked : null;
    if (session) {
      if (resume.attempt <= session.attempt) {
        client.taken = { client: session.client ?? client, session: session.id, attempt: session.attempt };
        // Unless it has left meanwhile, or another page has said end, of which nothing is left to be found.
        if (this.line.readyState === 1 && this.line.page.state === 'shown' && !server.world.isTaken(client) && !this.line.page.tab.storage.hasEnded) client.violated(`asks for ${session.id} with attempt ${resume.attempt} after ${session.attempt}, which was its own or its tab's`);
        return this.close(4016, 'stale_attempt');
      }
      if (resume.received > session.appended) return this.close(4015, 'resume_invalid');
      if (resume.received < session.acked) {
        if (session.client === client) client.violated(`asks for ${session.id} from ${resume.received} on, and has acknowledged ${session.acked}`);
        session.end();
        session = null;
      } else if (session.bye && session.done === session.stored && resume.received === session.appended) {
        // It ends now, also for who is attached, and nothing is lost, as `bye` was said and nothing is left to do.
        isThrough = true;
        session.end(1000, 'bye');
        session = null;
      }
    }
    if (resume && !session) {
      lost = isThrough ? [] : asked ? [{ direction: 'down', from: resume.received + 1, to: asked.appended }, { direction: 'up', from: asked.done + 1, to: asked.stored }].filter(({ from, to }) => from <= to)
        : [{ direction: 'down', from: resume.received + 1, to: null }];
    }
    const isResumed = session !== null;
    session ??= new WorldSession(server);
    if (isResumed) this.#handledOnly(session, resume.received);
    session.generation += 1;
    session.attempt = resume?.attempt ?? 1;
    if (session.connection) session.connection.line.client.taken = { client, session: session.id, attempt: session.attempt };
    session.connection?.close(4031, 'superseded');
    session.connection = this;
    session.client = client;
    session.clients.add(client);
    if (isResumed) session.acked = resume.received;
    this.session = session;
    this.write({
      t: 'ready', session: session.id, generation: session.generation, attempt: session.attempt, resume: isResumed ? 'resumed' : 'new', window: WINDOW, idle: 25_000,
      received: session.stored, done: session.done, replayTo: session.appended, lost, previous: isResumed ? session.previous : undefined,
    });
    for (let s = session.acked + 1; s <= session.appended; s++) this.write(/** @type {object} */ (session.log[s - 1]));
    this.#beat();
  }

  #beat() {
    this.server.world.later(25_000, () => {
      if (this.isOver) return;
      this.write({ t: 'ping' });
      this.#beat();
    });
  }

  /** @param {number} expires */
  #authenticated(expires) {
    this.expires = expires;
    const by = expires === Infinity ? null : expires;
    this.write({ t: 'authed', user: 'ada', expires: by, refreshBefore: by && by - 2_000, hold: { messages: 64, bytes: 262_144 } });
    if (by) this.server.world.later(expires - this.server.now, () => this.expires === expires && this.close(4203, 'authentication_expired'));
  }

  /** @param {string} token */
  #refresh(token) {
    this.#asked(token);
    this.server.world.refreshed(this.line.client);
    this.#authenticated(Number(token) > this.server.now ? Number(token) : this.expires);
  }
}

class WorldSession {
  /** @type {WorldConnection | null} */
  connection = null;
  /** @type {{ connection: string, code: number, cause: string } | undefined} */
  previous;
  /** Who was attached last. @type {WorldClient | null} */
  client = null;
  /** Who was ever attached. @type {Set<WorldClient>} */
  clients = new Set();
  /** The last message of each client, by what it counts. @type {Map<WorldClient, number>} */
  order = new Map();
  generation = 0;
  attempt = 0;
  stored = 0;
  done = 0;
  appended = 0;
  acked = 0;
  isOver = false;
  /** Who said it. @type {WorldClient | null} */
  bye = null;
  #isWorking = false;
  /** Messages that are to be stopped. @type {Set<number>} */
  #stops = new Set();
  /** @type {any[]} */
  log = [];
  /** @type {{ id: string, text: string }[]} */
  inbox = [];

  /** @param {WorldServer} server */
  constructor(server) {
    this.server = server;
    this.id = `s${++server.ids}`;
    server.sessions.set(this.id, this);
  }

  /** @param {any} frame @param {(condition: unknown, cause: string) => void} must */
  store({ s, id, b }, must) {
    const text = JSON.stringify(b);
    if (s <= this.stored) {
      const before = this.inbox[s - 1];
      if (before?.id !== id || before?.text !== text) return this.connection?.close(4012, 'sequence_conflict');
    } else {
      must(s === this.stored + 1, 'sequence_gap');
      this.inbox.push({ id, text });
      this.stored = s;
      this.#ordered(id, b);
    }
    this.connection?.write({ t: 'ack', a: this.stored, d: this.done });
    this.#work();
  }

  /** Messages of one client come as they were sent, and say what was said. @param {string} id @param {any} payload */
  #ordered(id, { n }) {
    const sender = this.server.world.senders.get(id);
    const before = sender ? this.order.get(sender) ?? 0 : 0;
    if (!sender || id !== `m${n}`) return void this.server.violations.push(`${id} was never sent with ${n}`);
    if (n < before) this.server.violations.push(`${id} came after m${before}`);
    this.order.set(sender, n);
    const from = this.connection?.line;
    // Where a storage has refused, who takes a position over cannot say so.
    const also = !from?.page.tab.storage.hasRefused && [...this.server.connections].find(({ session, line: { page, client } }) => session !== this && page === from?.page && client !== from.client && !client.isOver
      && session?.inbox.some((message) => message.id === id) && client.client.pending.some((receipt) => receipt.id === id));
    if (also) this.server.violations.push(`client ${also.line.client.number} has ${id} in hand, and client ${from?.client.number} sends it in another session`);
  }

  /** @param {object} frame */
  append(frame) {
    if (this.isOver) return;
    this.appended += 1;
    this.log.push({ ...frame, s: this.appended });
    this.connection?.write(this.log.at(-1));
  }

  end(code = 4107, cause = 'session_ended') {
    this.isOver = true;
    this.connection?.close(code, cause);
  }

  finishIfDone() {
    if (!this.bye || this.isOver || this.done < this.stored || this.acked < this.appended) return;
    this.end(1000, 'bye');
  }

  /** @param {number} s @param {(condition: unknown, cause: string) => void} must */
  stop(s, must) {
    const message = this.inbox[s - 1];
    must(message && this.server.world.stopped.has(message.id), 'nobody stopped it');
    if (s > this.done) this.#stops.add(s);
  }

  #work() {
    const message = this.inbox[this.done];
    if (this.#isWorking || this.isOver || !message) return;
    this.#isWorking = true;
    const { claims } = this.server;
    const claim = claims.get(message.id);
    if (claim && (claim.done || (claim.session !== this && !claim.session.isOver))) {
      if (!claim.done) this.server.pending.add(message.id);
      this.append({ t: 'nack', re: this.done + 1, cause: 'duplicate', status: claim.done ? 'done' : 'pending' });
      return this.#finish();
    }
    claims.set(message.id, { session: this, done: false });
    this.#try(message.id, 1);
  }

  /** @param {string} id @param {number} attempt */
  #try(id, attempt) {
    const { world, committed, failed, stopped, claims } = this.server;
    const re = this.done + 1;
    const parts = choose(world.random, [0, 0, 1, 2]);
    for (let part = 0; part < parts; part++) world.later(part * 100, () => this.append({ t: 'data', re, try: attempt, p: true, b: `${id}.${part}` }));
    world.later(parts * 100 + world.random() * 300, () => {
      if (this.isOver) return;
      if (this.#stops.has(re)) {
        this.append({ t: 'end', re, try: attempt, stopped: true });
        stopped.add(id);
      } else if (world.random() < 0.15) {
        if (parts > 0) this.append({ t: 'void', re, try: attempt });
        if (attempt < 3) return this.#try(id, attempt + 1);
        this.append({ t: 'nack', re, cause: 'handler_failed' });
        failed.add(id);
      } else {
        this.append({ t: 'data', re, try: attempt, b: id });
        if (parts > 0) this.append({ t: 'end', re, try: attempt });
        committed.set(id, (committed.get(id) ?? 0) + 1);
      }
      claims.set(id, { session: this, done: true });
      this.#finish();
    });
  }

  #finish() {
    this.done += 1;
    this.#isWorking = false;
    this.connection?.write({ t: 'ack', a: this.stored, d: this.done });
    this.finishIfDone();
    this.#work();
  }
}
