// The chat's server as a script, in the browser's place of a socket: it says what a test tells it to, frame by frame of spec/wire.md, so that a page can be held in any state.

/** @typedef {import('playwright-core').WebSocketRoute} Route */

export class ScriptedServer {
  /** The connections, the newest last. @type {Route[]} */
  #routes = [];
  /** Who waits for the next message of the page. @type {((message: { s: number, id: string, b: any }) => void)[]} */
  #waiting = [];
  /** Questions that nobody has waited for. @type {{ s: number, id: string, b: any }[]} */
  #asked = [];
  #sent = 0;
  #received = 0;
  #generation = 0;
  /** How far a connection gets by itself. @type {'open' | 'authed' | 'ready'} */
  upTo = 'ready';
  /** Whether new connections open at all. */
  isThere = true;

  /** Takes the place of `/chat` for a page that has not connected yet. @param {import('playwright-core').Page} page */
  static async on(page) {
    const server = new ScriptedServer();
    // The stand-in for a socket selects no sub-protocol, and the client wants one.
    await page.addInitScript(() => {
      const { WebSocket: Standing } = globalThis;
      globalThis.WebSocket = class extends Standing {
        get protocol() { return 'airlock.v1'; }
        set protocol(_) { /* it says none */ }
      };
    });
    await page.routeWebSocket(/\/chat(\?|$)/, (route) => server.#opened(route));
    return server;
  }

  /** @param {Route} route */
  #opened(route) {
    if (!this.isThere) return void route.close({ code: 1006 }).catch(() => undefined);
    this.#routes.push(route);
    route.onMessage((text) => {
      for (const frame of [JSON.parse(String(text))].flat()) this.#heard(route, frame);
    });
    this.#write(route, {
      t: 'open', v: 1, connection: `c${this.#routes.length}`, now: Date.now(), deadlines: { hello: 10_000, authentication: 10_000, gate: 30_000, attach: 10_000 },
      hold: { messages: 8, bytes: 16_384 }, limits: { message: 65_536, frames: 256 }, carriers: ['subprotocol'], can: ['gap'],
    });
  }

  /** @param {Route} route @param {any} frame */
  #heard(route, frame) {
    if (frame.t === 'hello') {
      if (this.upTo === 'open') return;
      this.#write(route, { t: 'authed', user: 'ada', expires: null, refreshBefore: null, hold: { messages: 64, bytes: 262_144 } });
      if (this.upTo === 'ready') this.ready(frame.resume?.session ? frame.resume : null);
    }
    if (frame.t !== 'data' || frame.s <= this.#received) return;
    this.#received = frame.s;
    if (frame.b?.type === 'history') return void this.done(frame.s);
    this.#write(route, { t: 'ack', a: this.#received, d: this.#finished });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(frame);
    else this.#asked.push(frame);
  }

  #finished = 0;

  /** The connection is ready: of a new session, or of the one that it asked for. @param {{ session: string, attempt: number, received: number } | null} [resume] */
  ready(resume = null) {
    if (!resume) Object.assign(this, { isNew: true });
    this.#generation += 1;
    if (!resume) [this.#sent, this.#received, this.#finished] = [0, 0, 0];
    this.say({
      t: 'ready', session: resume?.session ?? 'session', generation: this.#generation, attempt: resume?.attempt ?? 1, resume: resume ? 'resumed' : 'new', window: 64, idle: 25_000,
      received: this.#received, done: this.#finished, replayTo: this.#sent,
    });
  }

  /** The next question of the page. @returns {Promise<{ s: number, id: string, b: any }>} */
  asked() {
    const asked = this.#asked.shift();
    return asked ? Promise.resolve(asked) : new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  /** A frame on the newest connection; a numbered one gets its number. @param {Record<string, any>} frame */
  say(frame) {
    const route = this.#routes.at(-1);
    if (!route) throw new Error('Nobody has connected.');
    this.#write(route, ['data', 'end', 'void', 'nack', 'gap'].includes(frame.t) ? { ...frame, s: ++this.#sent } : frame);
  }

  /** A part of an answer. @param {number} re @param {number} attempt @param {object} payload @param {boolean} [isProvisional] */
  part(re, attempt, payload, isProvisional = true) {
    this.say({ t: 'data', re, try: attempt, ...(isProvisional ? { p: true } : null), b: payload });
  }

  /** The turn of a message is finished. @param {number} re */
  done(re) {
    this.#finished = Math.max(this.#finished, re);
    this.say({ t: 'ack', a: this.#received, d: this.#finished });
  }

  /** Ends the newest connection. @param {number} code @param {string} cause @param {Partial<{ retry: string, retryAfter: number, message: string }>} [more] */
  close(code, cause, more = {}) {
    this.say({ t: 'closing', code, cause, retry: 'never', retryAfter: null, resumable: false, message: '', ...more });
    void this.#routes.at(-1)?.close({ code, reason: cause });
  }

  /** The newest connection is gone without a word. */
  cut() {
    void this.#routes.at(-1)?.close({ code: 1006 }).catch(() => undefined);
  }

  /** @param {Route} route @param {object} frame */
  #write(route, frame) {
    route.send(JSON.stringify(frame));
  }
}
