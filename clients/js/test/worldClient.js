// A client of the virtual world, and what its application has seen: each item has to be the next one of the server's log.

/** @typedef {import('../src/index.js').AirlockClient} AirlockClient */
/** @typedef {import('./worldPage.js').WorldPage} WorldPage */

/** What stands in the log for what the application is given. */
const FRAMES = /** @type {Record<string, string>} */ ({ message: 'data', end: 'end', void: 'void', nack: 'nack', gap: 'gap' });

/**
 * A session that a client had. `isAttached`: it heard `ready` of it, since it had it; `untold`: what it found where it went on with it after another client, which its application was not told yet.
 * @typedef {{ session: string | null, isAttached: boolean, untold: { session: string | null, received: number, losses: string[] }[] }} Had
 */

/** @param {any} position @returns {string[]} the sessions whose loss is kept in it */
const lossesOf = (position) => position?.losses.map((/** @type {any} */ { session }) => session) ?? [];

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
  /**
   * The sessions that it had, in turn: one is added where it went on from what another client had kept, and where it heard `ready` of another. Its application is given them in this order,
   * perhaps much later: what it is at is `#at`, and only what it is given moves that.
   * @type {Had[]}
   */
  #had = [];
  #at = 0;
  /** What lay in the storage when it went on from there last. @type {string | null} */
  #found;
  /** At which return of its page it went on from where another had been. */
  #adoptedAt = 0;
  /** When its application has handled something last. */
  handledAt = 0;
  /** By session: tries that it was given something provisional of; `null` if another client's may be among them. @type {Map<string, Set<string> | null>} */
  #open = new Map();
  /** What was withdrawn with the loss that it is being told. @type {string[]} */
  #withdrawn = [];
  /** The loss that its application is at, and how many parts of it. @type {{ session: string, lost: { direction: string, from: number, to: number | null }[] } | null} */
  #loss = null;
  #lossParts = 0;
  /** Sessions whose loss the client before it has kept for it, and that its application is to be told before anything else. @type {string[]} */
  #losses = [];
  /** Those, and the ones that were kept where it went on from another client. @type {Set<string>} */
  #kept = new Set();
  /** Sessions that its application was told are lost. @type {Set<string>} */
  #lost = new Set();

  /** @param {number} number @param {AirlockClient} client @param {WorldPage} page @param {any} position what lay in the storage before it began */
  constructor(number, client, page, position) {
    this.number = number;
    this.client = client;
    this.page = page;
    this.world = page.world;
    this.#found = page.tab.storage.text;
    if (position) this.#had.push({ session: position.session ?? position.dropped, isAttached: false, untold: [] });
    for (const { session, received, open } of position ? [{ ...position, session: position.session ?? position.dropped }, ...position.losses] : []) {
      if (!session) continue;
      this.last.set(session, received);
      this.#open.set(session, new Set(open.map((/** @type {any} */ { re, try: attempt }) => `${re}/${attempt}`)));
    }
    this.#losses = lossesOf(position);
    for (const session of this.#losses) this.#kept.add(session);
  }

  get isOver() {
    return this.isClosed || this.ended !== null;
  }

  /** It heard that it is attached. @param {string} session */
  attached(session) {
    const present = this.#had.at(-1);
    if (present?.session === session) present.isAttached = true;
    else this.#had.push({ session, isAttached: true, untold: [] });
  }

  /** It keeps its position, or tries to. Over another client's it does so only where it goes on from that one. */
  keeps() {
    const { position, storage: { text } } = this.page.tab;
    if (!position || this.names.has(position.writer) || text === this.#found) return;
    this.#found = text;
    const { session, dropped, received } = position;
    const present = this.#had.at(-1);
    if (!present || session === null || present.session !== session) this.#had.push({ session: session ?? dropped, isAttached: false, untold: [] });
    const losses = lossesOf(position);
    this.#had.at(-1)?.untold.push({ session, received, losses });
    for (const each of losses) this.#kept.add(each);
    this.page.tab.storage.hasLosses(losses, [...this.names][0] ?? '');
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
    if (type === 'adopted') return void this.#adopted(detail);
    if (type === 'lost') this.#told(detail);
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
      world.later(0, () => this.#mustKeep(inHand));
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

  /** The session that its application is at. */
  get session() {
    return this.#had[this.#at]?.session ?? null;
  }

  /** What its application is to be given next of a session. @param {string | null | undefined} session @returns {any} */
  #next(session) {
    const last = this.last.get(session ?? '') ?? 0;
    return this.world.server.sessions.get(session ?? '')?.log.find(({ s, t }) => s > last && t !== 'weather');
  }

  /** @param {string} type @param {any} detail @returns {void} */
  #numbered(type, detail) {
    const isNext = (/** @type {Had} */ had) => {
      // Who goes on with another session gives nothing more of the one before, unless that had ended already.
      const after = this.#had[this.#had.indexOf(had) + 1];
      if (!had.isAttached || had.untold.length > 0 || (after && after.untold.length > 0 && !this.#hasSaidBye(had))) return false;
      const next = this.#next(had.session);
      return next?.t === FRAMES[type] && (type !== 'message' || (detail.session === had.session && detail.sequence === next.s && detail.payload === next.b)) && (detail.re ?? null) === (next.re ?? null)
        && (type === 'nack' || (detail.try ?? null) === (next.try ?? null)) && detail.missed === next.missed && (detail.stopped ?? false) === (next.stopped ?? false);
    };
    const what = type === 'message' ? `${detail.session}/${detail.sequence}` : `${type} of ${detail.re}/${detail.try}`;
    const loss = this.#untold(this.#losses);
    if (loss) return this.violated(`is given ${what}, before it is told that ${loss} is lost`);
    const at = this.#where(isNext);
    if (at === null) {
      const { session } = this;
      return this.violated(`is given ${what}, where ${session}/${this.#next(session)?.s} ${this.#next(session)?.t} follows ${this.last.get(session ?? '') ?? 0}`);
    }
    this.#at = at;
    const session = /** @type {string} */ (this.#had[at]?.session);
    const next = this.#next(session);
    this.last.set(session, next.s);
    this.inHand = { session, s: next.s };
    this.handledAt = this.world.time;
    const open = this.#open.get(session) ?? (this.#open.has(session) ? null : new Set());
    this.#open.set(session, open);
    if (next.p) open?.add(`${next.re}/${next.try}`);
    else if (type === 'end' || type === 'void') open?.delete(`${next.re}/${next.try}`);
  }

  /** The first session from where its application is that is meant, if it may be there by now without a word. @param {(had: Had) => boolean} isMeant @returns {number | null} */
  #where(isMeant) {
    for (let at = this.#at; at < this.#had.length; at++) {
      if (isMeant(/** @type {Had} */ (this.#had[at]))) return at;
      if (!this.#mayLeave(at)) return null;
    }
    return null;
  }

  /** Whether its application may be given the session behind this one without being told what became of it. @param {number} at */
  #mayLeave(at) {
    const [had, next] = this.#had.slice(at, at + 2);
    if (!had || !next) return false;
    // That it went on with a session is told, unless nothing is told of that one any more.
    if (next.untold.length > 0 || had.untold.length > 0) return this.#isLeft((next.untold.length > 0 ? next : had).session);
    // Nothing came of one that it was never attached to. And one that was said end to, by an application over this storage, is through when everything of it was given.
    return !had.isAttached || (this.#hasSaidBye(had) && !this.#next(had.session)) || this.#isLeft(had.session);
  }

  /** Whether a session is over that an application over this storage has said end to. @param {Had} had */
  #hasSaidBye({ session }) {
    const { isOver, bye } = this.world.server.sessions.get(session ?? '') ?? { isOver: false, bye: null };
    return isOver && (bye !== null || this.page.tab.storage.hasEnded);
  }

  /** The first of these whose loss its application was not told, and has to be. @param {string[]} losses */
  #untold(losses) {
    return losses.find((session) => !this.#lost.has(session) && !this.#isLeft(session));
  }

  /** What its application has still to be told of the sessions before the present one. @returns {string | null} */
  get owed() {
    const present = this.#had.length - 1;
    const loss = this.#untold(this.#losses);
    if (loss) return `that ${loss} is lost`;
    for (let at = this.#at; at < present; at++) if (!this.#mayLeave(at)) return `what became of ${this.#had[at]?.session}`;
    const untold = this.#had[present]?.untold.find(({ session }) => !this.#isLeft(session));
    return untold ? `that it goes on with ${untold.session}` : null;
  }

  /** Whether nothing more is given of a session, as its loss was kept and another client has the position, or had it last. @param {string | null | undefined} session */
  #isLeft(session) {
    const { storage } = this.page.tab;
    const writers = storage.losses.get(session ?? '');
    return writers !== undefined && (storage.hasEnded || !this.names.has([...writers].at(-1) ?? ''));
  }

  /** @param {{ session: string, lost: { direction: string, from: number, to: number | null }[] }} loss */
  #told({ session, lost }) {
    const { tab, tab: { storage } } = this.page;
    // What another client has kept of a session that this one had, too, it was not told itself.
    const isForeign = (!this.#losses.includes(session) || this.#lost.has(session)) && [...storage.losses.get(session) ?? []].some((writer) => !this.names.has(writer));
    const open = isForeign || this.#open.get(session) === null ? null : this.#open.get(session) ?? new Set();
    this.#open.delete(session);
    const withdrawn = this.#withdrawn.splice(0);
    if (open && !storage.hasRefused && (withdrawn.length !== open.size || withdrawn.some((attempt) => !open.has(attempt)))) this.violated(`is told that ${withdrawn} of ${session} are void, where ${[...open]} are open`);
    // Who goes on beside the one that has the position tells what its own application was at.
    if (storage.lost.has(session) && !storage.hasRefused && !storage.isCopy && !storage.isShared && !storage.hasEnded) this.violated(`is told that ${session} is lost, which was told before`);
    const last = this.last.get(session) ?? 0;
    const { log } = /** @type {{ log: any[] }} */ (this.world.server.sessions.get(session) ?? { log: [] });
    const untold = log.find(({ s, t }) => s > last && t === 'data' && !storage.handled.has(`${session}/${s}`) && !lost.some(({ direction, from, to }) => direction === 'down' && from <= s && (to ?? s) >= s));
    if (untold) this.violated(`is not told that ${session}/${untold.s} is lost`);
    this.#lost.add(session);
    const at = this.#where((had) => had.session === session && had.untold.length === 0);
    if (at !== null) this.#at = at + 1;
    // What was kept where it goes on now is told first of all, before its own position is kept.
    else if (!this.#kept.has(session) && lossesOf(tab.position).includes(session)) this.keeps();
    if (at === null && !this.#kept.has(session)) this.violated(`is told that ${session} is lost, where ${this.session} is its session`);
  }

  /** @param {{ session: string | null, from: number, to: number }} detail @returns {void} */
  #adopted({ session, from, to }) {
    const { isReturning, returns, clients, tab } = this.page;
    if (isReturning) this.#adoptedAt = returns;
    const other = isReturning && !tab.storage.hasRefused && clients.find((each) => each !== this && !each.isOver && each.#adoptedAt === returns);
    if (other) this.violated(`and client ${other.number} both go on with ${session}`);
    const isNow = (/** @type {Had} */ { untold }) => untold.some((each) => each.session === session);
    // It is told at once where its application has nothing in hand, before the position is kept; and what was in hand, or waited, of the session before is left then.
    if (!this.#had.slice(this.#at).some(isNow)) this.keeps();
    const at = this.#had.findIndex((had, place) => place >= this.#at && isNow(had));
    const had = this.#had[at];
    const found = had?.untold.splice(0, had.untold.findIndex((each) => each.session === session) + 1).at(-1);
    if (!had || !found) return this.violated(`is told that it goes on with ${session}, which no other client had`);
    for (let before = this.#at; before < at - 1; before++) {
      if (!this.#mayLeave(before)) this.violated(`is told that it goes on with ${session}, where ${this.#had[before]?.session} was its session, and ${this.#had[before + 1]?.session} after that`);
    }
    const loss = this.#untold(found.losses);
    if (loss) this.violated(`is told that it goes on with ${session}, before it is told that ${loss} is lost`);
    // What it had itself before that counts, too, with what is unknown to it behind that.
    const isWrong = from > to || to < found.received || (to > found.received && to >= (this.#next(had.session)?.s ?? Infinity));
    if (isWrong) this.violated(`is told that it goes on with ${session} behind ${from} up to ${to}, where ${found.received} was kept`);
    this.#at = at;
    for (const each of [...this.#open.keys(), ...tab.storage.losses.keys(), ...tab.storage.sessions]) this.#open.set(each, null);
    if (had.session) this.last.set(had.session, Math.max(to, this.last.get(had.session) ?? 0));
  }

  /** @param {{ session: string, s: number }} handled */
  #mustKeep({ session, s }) {
    const { world, page } = this;
    if (this.isOver || page.state !== 'shown' || world.storageFails > 0) return;
    const { position } = page.tab;
    if (this.names.has(position?.writer) && position.session === session && position.received < s) this.violated(`has handled ${session}/${s}, which is not kept: ${position.received}`);
  }
}
