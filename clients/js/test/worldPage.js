// A page of the virtual world: its globals, timers and clock, its clients and what its application has seen.

import { AirlockClient } from '../src/index.js';
import { choose } from './random.js';
import { WorldClient } from './worldClient.js';
import { WorldLine } from './worldLine.js';

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./worldTab.js').WorldTab} WorldTab */

export class WorldPage {
  /** @type {'shown' | 'away' | 'gone'} */
  state = 'shown';
  /** How wrong this machine's clock is. */
  skew;
  /** @type {Set<WorldLine>} */
  lines = new Set();
  /** @type {WorldClient[]} */
  clients = [];
  /** @type {Set<number>} */
  timers = new Set();
  /** What is due while the page does not run. @type {(() => void)[]} */
  held = [];
  /** @type {Map<string, Set<(event: any) => void>>} */
  listeners = new Map();
  /** How often it came back, and whether it is being told so. */
  returns = 0;
  isReturning = false;
  /** What the application keeps of its token. */
  token = 0;

  /** @param {World} world @param {WorldTab} tab */
  constructor(world, tab) {
    this.world = world;
    this.tab = tab;
    this.skew = choose(world.random, [0, 0, -2_000, 2_000, -3_600_000, 3_600_000]);
  }

  /** Something happens on this page: now, or when it runs again. @param {() => void} happens */
  run(happens) {
    if (this.state === 'gone') return;
    if (this.state === 'away') return void this.held.push(happens);
    this.world.page = this;
    happens();
  }

  /** @param {string} type @param {object} [fields] */
  fire(type, fields = {}) {
    if (this.state === 'gone') return;
    this.world.page = this;
    for (const client of this.clients) client.hints.push(this.world.time);
    for (const listener of [...(this.listeners.get(type) ?? [])]) listener(Object.assign(new Event(type), fields));
    if (type === 'pagehide' || type === 'freeze') for (const line of this.lines) line.mustHaveAcknowledged();
  }

  /** Put away into the cache. */
  putAway() {
    const { owner } = this.tab;
    for (const client of this.clients) client.wasOwner = client === owner;
    this.fire('pagehide', { persisted: true });
    this.state = 'away';
  }

  show() {
    this.state = 'shown';
    const held = this.held.splice(0);
    // Only the owner takes something over while it is told.
    this.returns += 1;
    this.isReturning = true;
    this.fire('pageshow', { persisted: true });
    this.isReturning = false;
    for (const happens of held) this.run(happens);
  }

  /** Gone for good. @param {boolean} isTold whether it hears of it */
  destroy(isTold) {
    if (this.state === 'gone') return;
    if (isTold && this.state === 'shown') this.fire('pagehide', { persisted: false });
    this.state = 'gone';
    for (const line of [...this.lines]) line.destroy();
  }

  /** A client, as an application makes it. */
  mount() {
    const { world, tab } = this;
    world.page = this;
    const page = this;
    /** @type {Set<string>} */
    const names = new Set();
    class WebSocket extends WorldLine {
      /** @param {string} _ @param {string[]} protocols */
      constructor(_, protocols) {
        super(world, page, entry, protocols);
      }
    }
    const { position } = tab;
    const client = new AirlockClient('ws://world/chat', {
      WebSocket, storage: tab.storage, authIn: 'hello', connectTimeout: 10_000, ...(tab.hasTokens ? { token: (request) => this.#token(entry, request.reason) } : {}),
      platform: {
        now: () => world.time + this.skew, elapsed: () => world.time, random: world.random, randomId: () => {
          const name = `id${++world.ids}`;
          names.add(name);
          return name;
        },
        setTimeout: (callback, delay) => {
          const timer = ++world.ids;
          this.timers.add(timer);
          world.later(delay, () => this.timers.has(timer) && this.run(() => this.timers.delete(timer) && callback()));
          return timer;
        },
        clearTimeout: (timer) => this.timers.delete(timer),
      },
    });
    /** @type {WorldClient} */
    const entry = new WorldClient(++world.ids, client, this, position);
    entry.names = names;
    tab.storage.isShared ||= this.clients.length > 0;
    this.clients.push(entry);
    world.clients.push(entry);
    void client.closed.then((closed) => {
      entry.ended = closed;
      world.checkEnd(entry);
    });
    for (const type of /** @type {const} */ (['message', 'end', 'void', 'nack', 'lost', 'gap', 'adopted'])) client.addEventListener(/** @type {'message'} */ (type), (event) => entry.given(type, event.detail));
    client.addEventListener('close', ({ detail: { cause } }) => cause === 'session_shared' && !entry.sharedWith() && entry.violated('says that its session is shared, which is not true'));
    return entry;
  }

  /** A token that is kept until this machine's clock says that it expires, unless the server has said so. @param {WorldClient} client @param {string} reason */
  #token(client, reason) {
    const { world } = this;
    if (world.tokenLife) {
      // The plainest cache: kept until this machine says that it has expired, whatever it is asked for.
      if (this.token <= 1_700_000_000_000 + world.time + this.skew) this.token = world.server.now + world.tokenLife;
      client.tokens.push(String(this.token));
      return String(this.token);
    }
    if (world.random() < 0.03) throw new Error('no network');
    if (reason === 'expired' || this.token <= 1_700_000_000_000 + world.time + this.skew) this.token = world.server.now + choose(world.random, [3_000, 20_000, 60_000]);
    client.tokens.push(String(this.token));
    return String(this.token);
  }
}
