// A client of the virtual world, and what its application has seen: each item has to be the next one of the server's log.

/** @typedef {import('../src/index.js').AirlockClient} AirlockClient */
/** @typedef {import('./worldPage.js').WorldPage} WorldPage */

/** What stands in the log for what the application is given. */
const FRAMES = /** @type {Record<string, string>} */ ({ message: 'data', end: 'end', void: 'void', nack: 'nack', gap: 'gap' });

export class WorldClient {
  /** The application has closed it. */
  isClosed = false;
  /** The application has said `end`. */
  isEnding = false;
  /** Messages whose outcome was not told. @type {Set<string>} */
  untold = new Set();
  /** Messages that were kept for it. @type {string[]} */
  sent = [];
  /** How it ended. @type {any} */
  ended = null;
  /** Who was attached, or had the higher attempt, when it was told so. @type {{ client: WorldClient, session: string, attempt: number } | null} */
  taken = null;
  /** When it dialed. @type {number[]} */
  dials = [];
  /** When it sent a token to an open connection. @type {number[]} */
  refreshes = [];
  /** When its page was told something. @type {number[]} */
  hints = [];
  /** What its application answered when asked for a token, and was not used yet. @type {string[]} */
  tokens = [];
  /** The names that it was given, one of which it writes its positions with. @type {Set<string>} */
  names = new Set();
  /** Whether it owned the position when its page was put away last. */
  wasOwner = false;
  /** By session: the last number that it was given, or need not be given. @type {Map<string, number>} */
  last = new Map();
  /** What the application is at. @type {{ session: string, s: number } | null} */
  inHand = null;
  /** Sessions whose `ready` it heard, in turn, and how many of them its application is through with. @type {string[]} */
  #heard = [];
  #through = 0;
  /** At which return of its page it went on from where another had been. */
  #adoptedAt = 0;
  /** When its application has handled something last. */
  handledAt = 0;
  /** Whose items it is given. @type {string | null} */
  #session = null;
  /** Whether that is one which it has taken over and was not attached to yet: it may be left to another without a word. */
  #isFresh = false;
  /** What need not be given of a session that was taken over when it had been given up already. */
  #floor = 0;
  /** By session: tries that it was given something provisional of; `null` if another client's may be among them. @type {Map<string, Set<string> | null>} */
  #open = new Map();
  /** What was withdrawn with the loss that it is being told. @type {string[]} */
  #withdrawn = [];
  /** The loss that its application is at, and how many parts of it. @type {{ session: string, lost: { direction: string, from: number, to: number | null }[] } | null} */
  #loss = null;
  #lossParts = 0;
  /** Sessions whose loss the client before it has kept for it. @type {string[]} */
  #losses = [];

  /** @param {number} number @param {AirlockClient} client @param {WorldPage} page */
  constructor(number, client, page) {
    this.number = number;
    this.client = client;
    this.page = page;
    this.world = page.world;
    const { tab: { position } } = page;
    for (const { session, received, open } of position ? [{ ...position, session: position.session ?? position.dropped }, ...position.losses] : []) {
      if (!session) continue;
      this.last.set(session, received);
      this.#open.set(session, new Set(open.map((/** @type {any} */ { re, try: attempt }) => `${re}/${attempt}`)));
    }
    this.#losses = position?.losses.map((/** @type {any} */ { session }) => session) ?? [];
  }

  get isOver() {
    return this.isClosed || this.ended !== null;
  }

  /** It heard that it is attached. @param {string} session */
  attached(session) {
    if (this.#heard.at(-1) !== session) this.#heard.push(session);
    if (session === this.#session) this.#isFresh = false;
  }

  /** @param {string} what */
  violated(what) {
    this.world.violated(`client ${this.number} ${what}`);
  }

  /** The application is given something. @param {string} type @param {any} detail @returns {Promise<void> | undefined} */
  given(type, detail) {
    const { world, page } = this;
    // What came before `bye` is given still.
    if (this.isOver && this.ended?.cause !== 'bye') this.violated(`is given ${type} after its end`);
    if (type === 'adopted') return this.#adopted(detail);
    if (type === 'lost') this.#lost(detail);
    else if (detail.cause === 'session_lost') this.#withdrawn.push(`${detail.re}/${detail.try}`);
    else this.#numbered(type, detail);
    const { inHand } = this;
    const isOfLoss = type === 'lost' || detail.cause === 'session_lost';
    if (isOfLoss) this.#lossParts += 1;
    if (type === 'lost') this.#loss = detail;
    const handled = () => {
      this.inHand = null;
      this.handledAt = world.time;
      if (isOfLoss && --this.#lossParts === 0 && this.#loss && !(this.isOver && this.ended?.cause !== 'bye')) page.tab.storage.lost.set(this.#loss.session, this.#loss.lost);
      if (!inHand || (this.isOver && this.ended?.cause !== 'bye')) return;
      page.tab.storage.handled.add(`${inHand.session}/${inHand.s}`);
      // What was handled is kept at once, if anything is.
      world.later(0, () => this.#kept(inHand));
    };
    if (world.random() < 0.7) return void handled();
    return new Promise((resolve) => {
      world.later(world.random() * 2_000, () => page.run(() => {
        handled();
        resolve();
      }));
    });
  }

  /** The application is told how a message of its own went: is it true? @param {string} id @param {{ cause: string, status?: string | null }} error */
  refused(id, { cause, status }) {
    const { server } = this.world;
    const claim = server.claims.get(id);
    const isTrue = cause === 'handler_failed' ? server.failed.has(id) : cause === 'duplicate' ? claim && (claim.done || status === 'pending')
      : cause === 'elsewhere' ? !this.client.pending.some((each) => each.id === id) : this.isOver || this.client.state.final;
    if (!isTrue) this.violated(`is told that ${id} is refused with ${cause}, which is not true`);
  }

  /** A connection of it was closed by itself, as somebody else goes on with its session: did somebody? */
  sharedWith() {
    const { server } = this.world;
    const { tab } = this.page;
    const isMine = (/** @type {WorldClient} */ { page }) => page.tab === tab;
    // Of two clients of a page the one may take over a position whose numbers the other has used.
    return tab.storage.hasRefused || tab.storage.isShared || [...server.sessions.values()].some(({ clients }) => [...clients].some(isMine) && [...clients].some((each) => !isMine(each)));
  }

  /** The number that its application has handled; what is unknown to it follows by itself. @param {string} session */
  handled(session) {
    return this.inHand?.session === session ? this.inHand.s - 1 : this.last.get(session) ?? 0;
  }

  /** Whose items it is given now. */
  get session() {
    if (this.#losses.length > 0) return /** @type {string} */ (this.#losses[0]);
    for (let session = this.#present; ; session = this.#present) {
      const log = this.world.server.sessions.get(session);
      // What an application over this storage has said end to is followed by the next one without a word, once everything of it was given.
      const isThrough = log?.isOver && (log.bye || this.page.tab.storage.hasEnded) && !log.log.some(({ s, t }) => s > (this.last.get(session) ?? 0) && t !== 'weather');
      const isLast = this.#heard.length <= this.#through + (this.#heard[this.#through] === session ? 1 : 0);
      if (!isThrough || isLast) return session;
      if (this.#heard[this.#through] === session) this.#through += 1;
      this.#session = null;
    }
  }

  get #present() {
    const next = this.#heard[this.#through];
    return (this.#isFresh ? next : null) ?? this.#session ?? next ?? '';
  }

  /** @param {string} type @param {any} detail @returns {void} */
  #numbered(type, detail) {
    const { session } = this;
    const { log } = /** @type {{ log: any[] }} */ (this.world.server.sessions.get(session) ?? { log: [] });
    const last = this.last.get(session) ?? 0;
    const next = log.find(({ s, t }) => s > last && t !== 'weather');
    const what = type === 'message' ? `${detail.session}/${detail.sequence}` : `${session}/${type} of ${detail.re}/${detail.try}`;
    const isNext = next?.t === FRAMES[type] && (type !== 'message' || (detail.session === session && detail.sequence === next.s && detail.payload === next.b)) && (detail.re ?? null) === (next.re ?? null)
      && (type === 'nack' || (detail.try ?? null) === (next.try ?? null)) && detail.missed === next.missed && (detail.stopped ?? false) === (next.stopped ?? false);
    if (!isNext && this.#isLeft(session)) {
      this.#goOn(session);
      return this.#numbered(type, detail);
    }
    if (!isNext) return this.violated(`is given ${what}, where ${session}/${next?.s} ${next?.t} follows ${last}`);
    this.#session = session;
    this.#isFresh = false;
    this.last.set(session, next.s);
    this.inHand = { session, s: next.s };
    this.handledAt = this.world.time;
    const open = this.#open.get(session) ?? (this.#open.has(session) ? null : new Set());
    this.#open.set(session, open);
    if (next.p) open?.add(`${next.re}/${next.try}`);
    else if (type === 'end' || type === 'void') open?.delete(`${next.re}/${next.try}`);
  }

  /** Whether nothing more is given of a session, as its loss was kept and another client has the position, or had it. @param {string} session */
  #isLeft(session) {
    const { storage } = this.page.tab;
    const writers = storage.losses.get(session);
    return session !== '' && writers !== undefined && (storage.hasEnded || [...writers].some((writer) => !this.names.has(writer)));
  }

  /** Nothing more is given of this session. @param {string} session */
  #goOn(session) {
    if (this.#losses[0] === session) return void this.#losses.shift();
    if (this.#heard[this.#through] === session) this.#through += 1;
    this.#session = null;
  }

  /** @param {{ session: string, lost: { direction: string, from: number, to: number | null }[] }} loss */
  #lost({ session, lost }) {
    const { storage } = this.page.tab;
    // What another client has kept of a session that this one had, too, it was not told itself.
    const isForeign = !this.#losses.includes(session) && [...storage.losses.get(session) ?? []].some((writer) => !this.names.has(writer));
    const open = isForeign || this.#open.get(session) === null ? null : this.#open.get(session) ?? new Set();
    this.#open.delete(session);
    const withdrawn = this.#withdrawn.splice(0);
    if (open && !storage.hasRefused && (withdrawn.length !== open.size || withdrawn.some((attempt) => !open.has(attempt)))) this.violated(`is told that ${withdrawn} of ${session} are void, where ${[...open]} are open`);
    // Who goes on beside the one that has the position tells what its own application was at.
    if (storage.lost.has(session) && !storage.hasRefused && !storage.isCopy && !storage.isShared && !storage.hasEnded) this.violated(`is told that ${session} is lost, which was told before`);
    const last = Math.max(this.#floor, this.last.get(session) ?? 0);
    const { log } = /** @type {{ log: any[] }} */ (this.world.server.sessions.get(session) ?? { log: [] });
    const untold = log.find(({ s, t }) => s > last && t === 'data' && !storage.handled.has(`${session}/${s}`) && !lost.some(({ direction, from, to }) => direction === 'down' && from <= s && (to ?? s) >= s));
    if (untold) this.violated(`is not told that ${session}/${untold.s} is lost`);
    while (this.session !== session && this.#isLeft(this.session)) this.#goOn(this.session);
    if (this.session === session) this.#goOn(session);
    else if (!this.#heard.includes(session) && !storage.losses.has(session) && !storage.sessions.has(session)) this.violated(`is told that ${session} is lost, where ${this.session} is its session`);
    this.#floor = 0;
  }

  /** @param {{ session: string | null, to: number }} detail @returns {undefined} */
  #adopted({ session, to }) {
    const { isReturning, returns, clients, tab } = this.page;
    if (isReturning) this.#adoptedAt = returns;
    const other = isReturning && !tab.storage.hasRefused && clients.find((each) => each !== this && !each.isOver && each.#adoptedAt === returns);
    if (other) this.violated(`and client ${other.number} both go on with ${session}`);
    // The same one is what it was: attached, and perhaps left for a new one by the time that its application is told.
    // Or it was left behind without a word, as it had been said end to and everything of it was given.
    const present = this.session;
    const isBehind = session !== null && this.#heard.slice(0, this.#through).includes(session) && this.#heard.length > this.#through;
    if (session === null || (session !== present && !isBehind)) {
      if (this.#heard[this.#through] === present) this.#through += 1;
      this.#isFresh = this.#heard.at(-1) !== session;
    }
    this.#session = session;
    for (const each of [...this.#open.keys(), ...tab.storage.losses.keys(), ...tab.storage.sessions]) this.#open.set(each, null);
    this.#floor = session ? 0 : to;
    if (session) this.last.set(session, Math.max(to, this.last.get(session) ?? 0));
  }

  /** @param {{ session: string, s: number }} handled */
  #kept({ session, s }) {
    const { world, page } = this;
    if (this.isOver || page.state !== 'shown' || world.storageFails > 0) return;
    const { position } = page.tab;
    if (this.names.has(position?.writer) && position.session === session && position.received < s) this.violated(`has handled ${session}/${s}, which is not kept: ${position.received}`);
  }
}
