// A virtual world: pages that open, freeze, come back, double, crash; networks that are cut between any two frames; clocks that jump; one server. A seed is one history of it.

import { takeBroken } from './invariants.js';
import { choose, seeded } from './random.js';
import { WorldServer } from './worldServer.js';
import { WorldTab } from './worldTab.js';

/** @typedef {import('./worldLine.js').Dialing} Dialing */
/** @typedef {import('./worldClient.js').WorldClient} WorldClient */
/** @typedef {import('./worldPage.js').WorldPage} WorldPage */

/** How many turns promises are given; far more than any chain of them is long. */
const TURNS = 24;
/** More dials or refreshes than this in ten seconds, beside those that a page's event asked for, are a spin. */
const DIALS_MAX = 14;
const STEPS = 24;

/** Lets what is due run: promises and their followers. */
async function settle() {
  for (let turn = 0; turn < TURNS; turn++) await null;
}

export class World {
  time = 0;
  ids = 0;
  /** How long tokens live where applications keep them without a look at the reason; 0: they look. */
  tokenLife = 0;
  /** How often a storage refuses. */
  storageFails = 0;
  /** @type {string[]} */
  violations = [];
  /** @type {WorldTab[]} */
  tabs = [];
  /** @type {WorldClient[]} */
  clients = [];
  /** Messages that an application has stopped. @type {Set<string>} */
  stopped = new Set();
  /** Who sent a message first. @type {Map<string, WorldClient>} */
  senders = new Map();
  /** Whose globals these are. @type {WorldPage | null} */
  page = null;
  /** What happened, for a person. @type {string[]} */
  story = [];
  /** @type {Dialing} */
  #network = 'open';
  /** @type {{ at: number, order: number, happens: () => void }[]} */
  #queue = [];
  #order = 0;

  /** @param {number} seed */
  constructor(seed) {
    this.random = seeded(seed);
    this.server = new WorldServer(this);
    if (this.random() < 0.1) this.storageFails = 0.1;
  }

  /** @param {string} what */
  violated(what) {
    this.violations.push(`at ${Math.round(this.time)}: ${what}`);
  }

  /** @param {number} delay @param {() => void} happens */
  later(delay, happens) {
    const entry = { at: this.time + Math.max(0, delay), order: ++this.#order, happens };
    let place = this.#queue.length;
    while (place > 0 && /** @type {any} */ (this.#queue[place - 1]).at <= entry.at) place -= 1;
    this.#queue.splice(place, 0, entry);
  }

  /** How the next dial goes. @returns {Dialing} */
  dialing() {
    return this.#network === 'open' && (this.tokenLife > 0 || this.random() < 0.95) ? 'open' : choose(this.random, ['dead', 'mute', 'hanging', 'dead']);
  }

  /** @param {WorldClient} client */
  dialed(client) {
    client.dials.push(this.time);
    this.#spins(client, client.dials, 'dials');
  }

  /** @param {WorldClient} client */
  refreshed(client) {
    client.refreshes.push(this.time);
    this.#spins(client, client.refreshes, 'refreshes');
  }

  /** @param {WorldClient} client @param {number[]} times @param {string} what */
  #spins(client, times, what) {
    const recent = (/** @type {number[]} */ each) => each.filter((at) => at > this.time - 10_000).length;
    if (recent(times) > DIALS_MAX + recent(client.hints)) client.violated(`spins: ${recent(times)} ${what} in ten seconds`);
  }

  /** @param {number} duration */
  async pass(duration) {
    const until = this.time + duration;
    await settle();
    for (let entry = this.#queue.at(-1); entry && entry.at <= until; entry = this.#queue.at(-1)) {
      this.#queue.pop();
      this.time = Math.max(this.time, entry.at);
      entry.happens();
      await settle();
    }
    this.time = until;
  }

  /** A client has stopped for good: was it true? @param {WorldClient} entry */
  checkEnd(entry) {
    const { cause, message } = entry.ended;
    const isTrue = cause === 'client_closed' ? entry.isClosed || entry.isEnding : cause === 'bye' ? entry.isEnding : ['superseded', 'stale_attempt'].includes(cause) && this.isTaken(entry);
    if (!isTrue) entry.violated(`ended with ${cause}, which is not true: ${message}`);
    const { position } = entry.page.tab;
    // A newer position would have been gone on from.
    if (cause === 'stale_attempt' && position && !entry.names.has(position.writer) && !entry.page.tab.storage.hasRefused) entry.violated('ended with stale_attempt, and there is a newer position');
    if (cause === 'bye' && entry.names.has(position?.writer)) entry.violated('ended with bye, and its position stays');
  }

  /**
   * Somebody else took over what this client had: another tab, or another client of its page. Pages of one tab follow one another and are nobody else, as each finds in the storage what the one before
   * has told the server; but where the storage has refused to keep the attempt, the others cannot know of it, and of two clients of one page only the owner is told.
   * @param {WorldClient} entry
   */
  isTaken({ page, client, taken, wasOwner }) {
    if (!taken || taken.client.client === client) return false;
    const other = taken.client.page;
    return other.tab !== page.tab || other === page || (page.tab.storage.isShared && !wasOwner) || (page.tab.storage.hasRefused && ![...taken.client.names].some((name) => (page.tab.storage.attempts.get(`${taken.session} ${name}`) ?? 0) >= taken.attempt));
  }

  /** One page whose clock is wrong by `skew`, and whose tokens are kept for their life, for a while. @param {number} tokenLife @param {number} skew @param {number} duration */
  async keepToken(tokenLife, skew, duration) {
    this.#inhabit();
    this.storageFails = 0;
    this.tokenLife = tokenLife;
    const tab = new WorldTab(this);
    tab.hasTokens = true;
    tab.page.skew = skew;
    this.tabs.push(tab);
    for (const entry of tab.page.clients.splice(0)) {
      entry.isClosed = true;
      void entry.client.close();
    }
    const { client, dials } = tab.page.mount();
    let isReady = false;
    client.addEventListener('state', ({ detail }) => { isReady ||= detail.to === 'PROCESSING_READY'; });
    for (const until = this.time + duration; this.time < until;) {
      isReady = false;
      // Long enough for what a clock that is late costs.
      await this.pass(20_000);
      if (!isReady && client.state.name !== 'PROCESSING_READY') this.violated(`the client is ${client.state.name}: ${client.state.lastClose?.cause}`);
    }
    return { final: client.state.final, dials: dials.length };
  }

  async run() {
    this.#inhabit();
    this.tabs.push(new WorldTab(this));
    for (let step = 0; step < STEPS; step++) {
      const act = choose(this.random, ACTS);
      this.story.push(`${Math.round(this.time)} ${act.name}`);
      act(this, choose(this.random, this.tabs));
      await this.pass(choose(this.random, [0, 0, 5, 50, 300, 300, 1_000, 3_000, 10_000, 60_000]) * this.random());
      for (const { page } of this.tabs) for (const line of page.lines) line.mustHaveAcknowledged(1_000);
    }
    await this.#heal();
    this.#check();
    await this.#end();
    for (const broken of takeBroken()) this.violated(broken);
    return this.violations;
  }

  /** Whatever was broken works again, and every tab shows a page that runs. */
  async #heal() {
    this.#network = 'open';
    this.storageFails = 0;
    for (let round = 0; round < 20; round++) {
      let isWell = round > 0;
      for (const tab of this.tabs) {
        const { clients } = tab.page;
        // What is kept by a client that is gone, while those of the page shown have sessions of their own, waits for the next client: nobody takes over what it neither had nor found.
        if (tab.owner?.ended || tab.owner?.page.state === 'gone' || clients.every(({ ended, isClosed }) => ended || isClosed)) {
          // But who owned it when its page was put away has gone on from it when that was shown again.
          const idle = tab.owner?.page.state === 'gone' && !tab.storage.hasRefused ? clients.find(({ wasOwner, isOver }) => wasOwner && !isOver) : undefined;
          idle?.violated('owned the position, came back, and does not go on from it');
          tab.reload(true);
          isWell = false;
        }
        isWell &&= tab.storage.hasRefused || (tab.position?.losses ?? []).length === 0;
        isWell &&= clients.every(({ client, ended, isEnding, untold, owed }) => ended || (!isEnding && owed === null && client.state.name === 'PROCESSING_READY' && client.pending.length === 0 && untold.size === 0));
      }
      isWell &&= [...this.server.connections].every(({ session, line: { page } }) => !session || page.state !== 'shown' || session.acked === session.appended);
      if (isWell) return;
      await this.pass(15_000 * (1 + this.random()));
    }
    this.violated(`the world does not get well: ${this.clients.filter(({ page, ended }) => page.state === 'shown' && !ended).map(({ number, client, owed }) => `${number} is ${client.state.name} and waits for ${client.pending.length}${owed ? ` and for ${owed}` : ''}`)}, ${[...this.server.connections].map(({ session }) => session && `${session.id} is acknowledged up to ${session.acked} of ${session.appended}`)}`);
  }

  #check() {
    const { server, server: { committed, failed, stopped, violations } } = this;
    for (const violation of violations) this.violated(`a client broke the protocol: ${violation}`);
    for (const [id, count] of committed) if (count > 1) this.violated(`${id} was handled ${count} times`);
    for (const { storage, position } of this.tabs) {
      if (storage.hasRefused || storage.isCopy || storage.hasEnded) continue;
      for (const session of storage.sessions) {
        const missing = session === position?.session ? null : storage.missing(session);
        if (missing !== null) this.violated(`${session}/${missing} was neither handled nor told to be lost`);
      }
    }
    for (const { number, sent } of this.clients) {
      for (const id of sent) {
        if (!committed.has(id) && !failed.has(id) && !stopped.has(id) && !server.isLostElsewhere(id)) this.violated(`${id}, which client ${number} kept, was never handled`);
      }
    }
  }

  /** Every client is closed: nothing is left over. */
  async #end() {
    for (const tab of this.tabs) {
      // Pages in the cache are gone with their tab.
      for (const page of tab.pages.slice(0, -1)) page.destroy(false);
      for (const entry of tab.page.clients) {
        entry.isClosed = true;
        void entry.client.close();
      }
    }
    await this.pass(120_000);
    for (const { page } of this.tabs) {
      if (page.timers.size > 0) this.violated(`${page.timers.size} timers are left over`);
      if (page.lines.size > 0) this.violated(`${page.lines.size} sockets are left over`);
      const listeners = [...page.listeners.values()].reduce((sum, each) => sum + each.size, 0);
      if (listeners > 0) this.violated(`${listeners} listeners are left over`);
    }
    if (this.server.connections.size > 0) this.violated(`${this.server.connections.size} connections are left over`);
  }

  /** The globals of whichever page something happens on. */
  #inhabit() {
    const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) => {
      const listeners = this.page?.listeners;
      listeners?.set(type, (listeners.get(type) ?? new Set()).add(listener));
    };
    const off = (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) => {
      for (const tab of this.tabs) for (const { listeners } of tab.pages) listeners.get(type)?.delete(listener);
    };
    Object.assign(globalThis, { addEventListener: on, removeEventListener: off, document: { visibilityState: 'visible', addEventListener: on, removeEventListener: off } });
  }

  /** @param {Dialing} how */
  network(how) {
    this.#network = how;
  }
}

/** @type {((world: World, tab: WorldTab) => void)[]} */
const ACTS = [
  function sends(world, tab) {
    const { page } = tab;
    for (const entry of page.clients) {
      const { client, sent } = entry;
      if (entry.isOver || entry.isEnding) continue;
      const n = ++world.ids;
      world.senders.set(`m${n}`, entry);
      const { id, done } = client.send({ n }, { id: `m${n}` });
      // What cannot be kept may be gone with the page.
      if (tab.position?.messages.some((/** @type {any} */ message) => message.id === id)) sent.push(id);
      entry.untold.add(id);
      void done.finally(() => entry.untold.delete(id)).then(({ stopped }) => {
        if (!(stopped ? world.server.stopped : world.server.committed).has(id)) world.violated(`${id} is ${stopped ? 'stopped' : 'done'}, which is not true`);
      }, (error) => entry.refused(id, error));
    }
  },
  function stops(world, { page }) {
    for (const { client, isOver } of page.clients) {
      const receipt = isOver ? undefined : client.pending.at(-1);
      if (!receipt) continue;
      world.stopped.add(receipt.id);
      client.stop(receipt);
    }
  },
  function saysEnd(world, { page, storage }) {
    const entry = page.clients.find(({ isOver, isEnding }) => !isOver && !isEnding);
    if (!entry || world.random() < 0.5) return;
    entry.isEnding = storage.hasEnded = true;
    entry.client.end().catch(() => undefined);
  },
  function pushes(world) { for (const session of world.server.sessions.values()) session.append({ t: 'data', b: 'push' }); },
  function missesAndGrows(world) { for (const session of world.server.sessions.values()) session.append(world.random() < 0.5 ? { t: 'gap', missed: ++world.ids } : { t: 'weather', sun: true }); },
  function cuts(world, { page }) { for (const line of [...page.lines]) line.cut(); },
  function cutsOne(world, { page }) { choose(world.random, [...page.lines])?.cut(); },
  function cutsEverything(world) { for (const { page } of world.tabs) for (const line of [...page.lines]) line.cut(); },
  function networkGoes(world) {
    world.network('dead');
    for (const { page } of world.tabs) for (const line of [...page.lines]) line.cut();
  },
  function networkComes(world) {
    world.network('open');
    for (const { page } of world.tabs) if (page.state === 'shown') page.fire('online');
  },
  function comes(world) { world.network('open'); },
  function reloads(_, tab) { tab.reload(true); },
  function crashes(_, tab) { tab.reload(false); },
  function leaves(world, tab) { if (tab.pages.length < 3) tab.leave(); },
  function goesBack(_, tab) { tab.back(); },
  function duplicates(world, tab) { if (world.tabs.length < 3) world.tabs.push(new WorldTab(world, tab)); },
  function mountsTwice(_, { page }) { if (page.clients.length < 3) page.mount(); },
  function remounts(_, { page }) {
    for (const entry of page.clients) {
      if (entry.isClosed) continue;
      entry.isClosed = true;
      void entry.client.close();
    }
    if (page.clients.length < 4) page.mount();
  },
  function freezes(_, { page }) { page.fire('freeze'); },
  function resumes(_, { page }) { page.fire('resume'); },
  function clockJumps(world, { page }) { page.skew += choose(world.random, [-3_600_000, 3_600_000, -2_000, 2_000]); },
  function drains(world) {
    for (const connection of world.server.connections) {
      connection.write({ t: 'drain', delay: 500, by: world.server.now + 5_000 });
      world.later(5_000, () => connection.close(4202, 'moved'));
    }
  },
  function asksForTokens(world) { for (const connection of world.server.connections) if (connection.session && connection.expires < Infinity) connection.write({ t: 'refresh', by: connection.expires }); },
  function endsSession(world) { for (const session of world.server.sessions.values()) if (world.random() < 0.3) session.end(); },
  function closesOddly(world) { for (const connection of [...world.server.connections]) connection.close(choose(world.random, [4201, 4310, 4303, 1011, 4103]), 'no_pong'); },
  function disconnects(world, { page }) { for (const connection of [...world.server.connections]) if (connection.line.page === page) connection.close(4204, 'disconnected'); },
];
