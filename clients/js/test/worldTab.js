// A tab of the virtual world: one storage, the pages over it in turn, and what its application was given.

import { MemoryStorage } from './memoryStorage.js';
import { WorldPage } from './worldPage.js';

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./worldClient.js').WorldClient} WorldClient */

const KEY = 'airlock:ws://world/chat';

/** A storage that sees a position go back. */
class WatchedStorage extends MemoryStorage {
  /** @type {any} */
  #before = null;
  /** Whether what a page told the server may not lie here. */
  hasRefused = false;
  /** Whether two clients of one page had it. */
  isShared = false;
  /** Whether an application over it has said end. */
  hasEnded = false;
  /** What was handled by applications over this storage, as session/number. @type {Set<string>} */
  handled = new Set();
  /** By session and writer: the highest attempt that was kept. @type {Map<string, number>} */
  attempts = new Map();
  /** Whether it is a copy, or was copied: then no loss need be told here. */
  isCopy = false;
  /** Sessions that were kept. @type {Set<string>} */
  sessions = new Set();
  /** By session: whose its loss was to tell, the last one last. @type {Map<string, Set<string>>} */
  losses = new Map();
  /** By session: what the applications over this storage were told that is lost with it. @type {Map<string, { direction: string, from: number, to: number | null }[]>} */
  lost = new Map();

  /** @param {World} world */
  constructor(world) {
    super();
    this.world = world;
  }

  /** What lies in it. */
  get text() {
    return this.getItem(KEY);
  }

  /** @param {string} key @param {string} value @override */
  setItem(key, value) {
    const after = JSON.parse(value);
    this.world.clients.find(({ names }) => names.has(after.writer))?.keeps();
    this.hasLosses(after.losses.map((/** @type {any} */ { session }) => session), after.writer);
    if (this.world.random() < this.world.storageFails) {
      this.hasRefused = true;
      throw new Error('full');
    }
    const before = this.#before;
    if (before) {
      if (after.life < before.life) this.world.violated(`life went back from ${before.life} to ${after.life}`);
      if (after.session === before.session && after.session !== null) {
        for (const name of ['attempt', 'received', 'done', 'generation']) {
          if (after[name] < before[name]) this.world.violated(`${name} went back from ${before[name]} to ${after[name]}`);
        }
      }
    }
    if (after.session ?? after.dropped) this.sessions.add(after.session ?? after.dropped);
    if (after.session) {
      this.onlyHandled(after.session, before?.session === after.session ? before.received : 0, after.received, 'is kept');
      this.attempts.set(`${after.session} ${after.writer}`, after.attempt);
    }
    this.#before = after;
    super.setItem(key, value);
  }

  /** @param {string} key @override */
  removeItem(key) {
    this.#before = null;
    super.removeItem(key);
  }

  /** From now on these losses are a client's to tell: it keeps them, or goes on from where they were kept. @param {string[]} sessions @param {string} name the client's */
  hasLosses(sessions, name) {
    for (const session of sessions) {
      const names = this.losses.get(session) ?? new Set();
      names.delete(name);
      this.losses.set(session, names.add(name));
    }
  }

  /** Nothing counts as handled that no application over this storage has handled. @param {string} session @param {number} from the number below the first @param {number} to @param {string} what */
  onlyHandled(session, from, to, what) {
    const { log } = /** @type {{ log: any[] }} */ (this.world.server.sessions.get(session) ?? { log: [] });
    for (let s = from + 1; s <= to; s++) {
      if (log[s - 1] && log[s - 1].t !== 'weather' && !this.handled.has(`${session}/${s}`)) this.world.violated(`${session}/${to} ${what}, and ${s} was never handled`);
    }
  }

  /** What the server had for a session that was kept here, and that is gone, was handled or told to be lost. @param {string} session @returns {number | null} a number that was neither */
  missing(session) {
    const { log } = /** @type {{ log: any[] }} */ (this.world.server.sessions.get(session) ?? { log: [] });
    const lost = this.lost.get(session) ?? [];
    return log.find(({ s, t }) => t === 'data' && !this.handled.has(`${session}/${s}`) && !lost.some(({ direction, from, to }) => direction === 'down' && from <= s && (to ?? s) >= s))?.s ?? null;
  }

  /** A copy, as a duplicated tab has it. */
  copy() {
    const copy = new WatchedStorage(this.world);
    copy.items = new Map(this.items);
    copy.isCopy = this.isCopy = true;
    copy.hasRefused = this.hasRefused;
    copy.sessions = new Set(this.sessions);
    copy.losses = new Map([...this.losses].map(([session, writers]) => [session, new Set(writers)]));
    copy.lost = new Map(this.lost);
    copy.hasEnded = this.hasEnded;
    copy.isShared = this.isShared;
    copy.handled = new Set(this.handled);
    copy.attempts = new Map(this.attempts);
    return copy;
  }
}

export class WorldTab {
  /** The pages that can be gone back to; the last one is shown. @type {WorldPage[]} */
  pages = [];
  /** @type {WatchedStorage} */
  storage;
  /** Whether its application has tokens. @type {boolean} */
  hasTokens;

  /** @param {World} world @param {WorldTab | null} [from] the tab that it is a copy of */
  constructor(world, from = null) {
    this.world = world;
    this.storage = from ? from.storage.copy() : new WatchedStorage(world);
    this.hasTokens = from ? from.hasTokens : world.random() < 0.5;
    this.open();
  }

  get page() {
    return /** @type {WorldPage} */ (this.pages.at(-1));
  }

  /** What is kept. @returns {any} */
  get position() {
    return JSON.parse(this.storage.text ?? 'null');
  }

  /** The client that owns the position: whose name stands in it. That it was told `adopted` says less, as it may be told late. @returns {WorldClient | undefined} */
  get owner() {
    const writer = this.position?.writer;
    return this.world.clients.find(({ names }) => names.has(writer));
  }

  open() {
    this.pages.push(new WorldPage(this.world, this));
    this.page.mount();
  }

  /** @param {boolean} isTold whether the page hears that it goes */
  reload(isTold) {
    this.page.destroy(isTold);
    this.pages.pop();
    this.open();
  }

  /** To another page; this one may be come back to. */
  leave() {
    this.page.putAway();
    this.open();
  }

  back() {
    if (this.pages.length < 2) return;
    const left = /** @type {WorldPage} */ (this.pages.pop());
    if (this.world.random() < 0.7) left.putAway();
    left.destroy(true);
    this.page.show();
  }
}
