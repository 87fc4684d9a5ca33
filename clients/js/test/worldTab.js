// A tab of the virtual world: one storage, the pages over it in turn, and what its application was given.

import { MemoryStorage } from './virtual.js';
import { WorldPage } from './worldPage.js';

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./worldPage.js').WorldClient} WorldClient */

const KEY = 'airlock:ws://world/chat';

/** A storage that sees a position go back. */
class WatchedStorage extends MemoryStorage {
  /** @type {any} */
  #before = null;
  /** Whether what a page told the server may not lie here. */
  hasRefused = false;

  /** @param {World} world */
  constructor(world) {
    super();
    this.world = world;
  }

  /** @param {string} key @param {string} value @override */
  setItem(key, value) {
    if (this.world.random() < this.world.storageFails) {
      this.hasRefused = true;
      throw new Error('full');
    }
    const after = JSON.parse(value);
    const before = this.#before;
    if (before) {
      if (after.life < before.life) this.world.violated(`life went back from ${before.life} to ${after.life}`);
      if (after.session === before.session && after.session !== null) {
        for (const name of ['attempt', 'received', 'done', 'generation']) {
          if (after[name] < before[name]) this.world.violated(`${name} went back from ${before[name]} to ${after[name]}`);
        }
      }
    }
    this.#before = after;
    super.setItem(key, value);
  }

  /** @param {string} key @override */
  removeItem(key) {
    this.#before = null;
    super.removeItem(key);
  }

  /** A copy, as a duplicated tab has it. */
  copy() {
    const copy = new WatchedStorage(this.world);
    copy.items = new Map(this.items);
    copy.hasRefused = this.hasRefused;
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
    return JSON.parse(this.storage.getItem(KEY) ?? 'null');
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

  /** @param {WorldClient} client */
  mounted(client) {
    // Where a storage refuses, the position may still be an earlier client's.
    client.writer = this.world.storageFails > 0 ? '' : this.position?.writer ?? '';
    this.#from(client);
  }

  /** What is given from here on has to lie above what is kept. @param {WorldClient} client */
  #from(client) {
    const { position } = this;
    if (position?.session) client.last.set(position.session, Math.max(position.received, client.last.get(position.session) ?? 0));
  }

  /** The application is given something. @param {WorldClient} client @param {string} type @param {any} detail @returns {Promise<void> | undefined} */
  given(client, type, detail) {
    const { world } = this;
    if (type === 'adopted') {
      if (detail.session) client.last.set(detail.session, Math.max(detail.to, client.last.get(detail.session) ?? 0));
      return undefined;
    }
    if (client.isClosed || client.ended) world.violated(`client ${client.number} is given ${type} after its end`);
    if (type === 'message') this.#inOrder(client, detail);
    const s = type === 'message' ? detail.sequence : 0;
    const finished = () => {
      // What was handled is kept at once, if anything is.
      world.later(0, () => this.#kept(client, detail.session, s));
    };
    if (world.random() < 0.7) return void finished();
    return new Promise((resolve) => {
      world.later(world.random() * 2_000, () => client.page.run(() => {
        resolve();
        finished();
      }));
    });
  }

  /** @param {WorldClient} client @param {any} message */
  #inOrder(client, { session, sequence }) {
    const { world } = this;
    const last = client.last.get(session) ?? 0;
    if (sequence <= last) world.violated(`client ${client.number} is given ${session}/${sequence} again, after ${last}`);
    // Between two messages only what is none may lie.
    const { log } = /** @type {{ log: any[] }} */ (world.server.sessions.get(session) ?? { log: [] });
    for (let s = last + 1; s < sequence; s++) {
      if (log[s - 1]?.t === 'data') world.violated(`client ${client.number} is never given ${session}/${s}, but ${sequence}`);
    }
    client.last.set(session, sequence);
  }

  /** @param {WorldClient} client @param {string} session @param {number} s */
  #kept(client, session, s) {
    if (client.ended || client.isClosed || client.page.state !== 'shown' || s === 0 || this.world.storageFails > 0) return;
    const { position } = this;
    if (position?.writer === client.writer && position.session === session && position.received < s) this.world.violated(`${session}/${s} was handled and is not kept: ${position.received}`);
  }
}
