// The client's side of a session: what survives a connection (spec/session.md). Pure.

import { FrameError } from './frame.js';
import { Inbox } from './inbox.js';
import { Losses, lossBehind } from './losses.js';
import { MessageRefused } from './messageRefused.js';
import { Outbox } from './outbox.js';

/** @import { ReadyFrame } from './frame.js' */
/** @import { ResumeRequest, SeenClose } from './frameWriter.js' */
/** @import { Item } from './item.js' */
/** @import { Loss } from './losses.js' */
/** @import { OutboxMessage, StoredMessage } from './outbox.js' */
/** @import { Position } from './position.js' */

/** How many ends one `hello` may tell of. */
const SEEN_MAX = 4;
/** How many connections are remembered that may have been attached; with more it is not known whether somebody else was. */
const CONNECTIONS_MAX = 64;

export class Session {
  /** The server's name for it: a secret. @type {string | null} */
  id = null;
  attempt = 0;
  generation = 0;
  /** Counts this client's sessions: numbers of an old one mean nothing in a new one. */
  epoch = 0;
  window = 1;
  outbox = new Outbox();
  inbox = new Inbox();
  losses = new Losses();
  /** @type {string | null} */
  user = null;
  /** The highest own number when an application said that the session is to end: this one, or that of a page before. It never rises: what came later is sent in the next session. @type {number | null} */
  bye = null;
  /** This client's application has said that its session is to end, and so is the next one, while anything is left. */
  saysBye = false;
  /** Another client has the position, with what is kept in it. */
  isElsewhere = false;
  /** Whether this client itself was attached to it. */
  wasAttached = false;
  #userKnown = false;
  /** What an anonymous session is given back with. @type {string | null} */
  #proof = null;
  /** @type {SeenClose[]} */
  #seen = [];
  /** Connections of this session's client that may have been attached since the last `ready`, with the one that was. @type {string[] | null} */
  #connections = [];
  /** The attempt that the last `ready` was for. */
  #attached = 0;
  /** The session that was given up, until the next one tells about its loss. @type {string | null} */
  #dropped = null;

  /** @param {string} instance */
  constructor(instance) {
    this.instance = instance;
  }

  /**
   * What to ask for in `hello`. Each asking is a new attempt: keep the position before it is written.
   * @param {string} [connection] the connection that asks
   * @returns {ResumeRequest | null}
   */
  askResume(connection) {
    if (this.id === null) return null;
    this.attempt = Math.min(this.attempt + 1, Number.MAX_SAFE_INTEGER);
    if (connection !== undefined && this.#connections) this.#connections = this.#connections.length < CONNECTIONS_MAX ? [...this.#connections, connection] : null;
    return { session: this.id, attempt: this.attempt, received: this.inbox.received, ...(this.#proof === null ? {} : { proof: this.#proof }) };
  }

  /**
   * A connection has ended.
   * @param {{ connection: string } | null} open what the server said first; from then on it may have attached the connection, also if that was never heard here
   * @param {{ code: number, cause: string }} ending
   * @param {number} silence for how many milliseconds nothing had been heard
   */
  noteEnd(open, { code, cause }, silence) {
    if (!open) return;
    // The reason of a close frame is any text.
    const named = /^[a-z0-9_]{1,64}$/.test(cause) ? cause : undefined;
    this.#seen.push({ connection: open.connection, code: code >= 1000 && code <= 4999 ? code : 1006, cause: named, silence: Math.max(0, Math.round(silence)) });
    // The first since `ready` is the likeliest that the server means, then the newest.
    if (this.#seen.length > SEEN_MAX) this.#seen.splice(1, 1);
  }

  /**
   * How the connections since the last `ready` ended, for `hello`. Nothing while one is open that another is to relieve.
   * @param {boolean} isAlone
   * @returns {SeenClose[] | undefined}
   */
  saw(isAlone) {
    return isAlone || this.#seen.length > 0 ? [...this.#seen] : undefined;
  }

  /**
   * Whether a connection of this client's own, given up after its `hello`, may have taken the session over: the server may attach that late.
   * If somebody else has it, their attempt is the higher one, and resuming ends with `stale_attempt`.
   */
  get mayHaveSupersededItself() {
    return this.attempt > this.#attached;
  }

  /**
   * A connection was authenticated. Messages of one user are never sent as another.
   * @param {string | null} user
   * @param {boolean} [anonymous] from `null` to an anonymous user is the same user, told by a newer server
   * @returns {boolean} whether the user is another one than before
   */
  authenticate(user, anonymous = false) {
    const changed = this.#userKnown && this.user !== user && !(this.user === null && anonymous);
    this.user = user;
    this.#userKnown = true;
    if (changed) {
      for (const message of this.outbox.clear()) message.refuse?.(new MessageRefused(message.id, 'principal_changed'));
    }
    return changed;
  }

  /** The application wants it to end, behind everything that is there; where that was said before, behind what was there then. */
  sayBye() {
    this.saysBye = true;
    this.bye ??= this.outbox.last;
  }

  /** Whether this client's application wants what has ended with `bye` to end, and nothing is left for a next session. */
  get isThrough() {
    return this.saysBye && this.bye !== null && this.outbox.last <= this.bye;
  }

  /** The next one is new: the server wants it, or the old one is somebody else's, or has ended as it was told to. @param {string} cause */
  leave(cause) {
    if (cause === 'bye') return this.#ended();
    this.#dropped ??= this.id;
    this.id = null;
  }

  /** Nothing is lost. Everything that was stored is handled, and nothing else was written; but who did not know of the end may have written what the server left unread: that is sent again. */
  #ended() {
    this.outbox.acknowledge(null, this.bye === null ? this.outbox.stored : this.outbox.transmitted, 0);
    this.outbox.renumber();
    this.inbox.reset();
    this.epoch += 1;
    this.id = null;
    this.#dropped = null;
    this.bye = null;
  }

  /** Gives up what lies in the storage, with which somebody else goes on: also messages of its own that were kept there. @returns {OutboxMessage[]} */
  yield() {
    this.id = null;
    this.bye = null;
    if (!this.wasAttached) {
      // The loss of that session, and of those before, is the other's to tell.
      this.#dropped = null;
      this.losses.leave();
      this.inbox.restore(0, null, [], this.losses.sessions);
    }
    this.outbox.renumber();
    return this.outbox.clear((message) => message.kept === true);
  }

  /** A new session of its own: what another client has is not sent in this one, too. @returns {OutboxMessage[]} */
  leaveKept() {
    return this.isElsewhere ? this.outbox.clear((message) => message.kept === true) : [];
  }

  /**
   * Whether another client was attached since this one's last `ready`: then a number may stand for two messages.
   * @param {ReadyFrame} frame
   * @param {boolean} isKept whether the position lies in a storage, where somebody else may have found it
   */
  isSharedBy({ resume, session, received, previous }, isKept) {
    if (!isKept || resume !== 'resumed' || session !== this.id) return false;
    if (received > this.outbox.written) return true;
    const isForeign = previous !== null && this.#connections !== null && this.#connections.length > 0 && !this.#connections.includes(previous.connection);
    return isForeign && this.outbox.isInDoubt(received);
  }

  /**
   * The connection is attached.
   * @param {ReadyFrame} frame
   * @param {ResumeRequest | null} asked
   * @param {string} [connection] its id
   * @returns {Loss | null} what became of the session before, if it is gone
   * @throws {FrameError}
   */
  attach(frame, asked, connection) {
    const loss = frame.resume === 'resumed' ? this.#resume(frame, asked) : this.#begin(frame, asked);
    this.#seen = [];
    this.#connections = connection === undefined ? [] : [connection];
    this.#attached = frame.attempt;
    this.#proof = frame.proof ?? (frame.resume === 'resumed' ? this.#proof : null);
    this.generation = frame.generation;
    this.window = frame.window;
    this.wasAttached = true;
    if (this.saysBye) this.sayBye();
    return loss;
  }

  /** @param {ReadyFrame} frame @param {ResumeRequest | null} asked */
  #resume(frame, asked) {
    if (!asked || frame.session !== asked.session || frame.session !== this.id) throw new FrameError('ready resumes a session that was not asked for.');
    if (frame.generation <= this.generation) throw new FrameError('ready does not raise the generation.');
    if (frame.replayTo < this.inbox.arrived) throw new FrameError('ready forgets messages that were sent.');
    this.outbox.resume(frame.received, frame.done, frame.replayTo);
    this.attempt = Math.max(this.attempt, frame.attempt);
    return null;
  }

  /** @param {ReadyFrame} frame @param {ResumeRequest | null} asked */
  #begin(frame, asked) {
    const before = this.#dropped ?? this.id;
    if (frame.session === before || frame.session === this.id) throw new FrameError('ready begins a new session that is not new.');
    const told = asked ? frame.lost : [{ direction: /** @type {const} */ ('down'), from: 1, to: null }];
    const lost = lossBehind(this.inbox.arrived, told);
    // What had nothing left to do after bye ended as it should.
    const loss = before === null || (this.bye !== null && lost.length === 0) ? null : { session: before, lost };
    if (loss) this.losses.add(loss.session, told, this.inbox);
    this.bye = null;
    this.#dropped = null;
    this.id = frame.session;
    this.attempt = frame.attempt;
    this.outbox.renumber();
    this.inbox.reset();
    if (before !== null) this.epoch += 1;
    return loss;
  }

  /** The application has finished with something. What was handled elsewhere meanwhile is in the position that was taken over, and so is what followed it. @param {Item} item */
  finish({ type, session, s, re, detail }) {
    if (type === 'lost') {
      this.losses.told(detail.session);
      this.inbox.withdraw(detail.session);
    }
    if (session === null || s === null) return;
    const isPresent = session === (this.id ?? this.#dropped);
    // `null` for a session that has ended, or whose loss is another client's to tell.
    const handled = isPresent ? this.inbox.handled : this.losses.handledOf(session);
    if (type === 'message' && detail.provisional && detail.re !== null && detail.try !== null) {
      if (handled !== null && s > handled) this.inbox.opened(session, { re: detail.re, try: detail.try, id: detail.id });
    } else if ((type === 'end' || type === 'void') && s > (handled ?? 0)) {
      this.inbox.settled(session, detail);
    }
    if (!isPresent) return this.losses.handle(session, s);
    this.inbox.handle(s);
    if (re !== null) this.outbox.forget(re);
  }

  /**
   * Whether a position is of this session, also of one that was given up and with which somebody else went on: until a new one begins its numbers still stand.
   * @param {Position} position
   */
  isSameAs({ session }) {
    return session !== null && session === (this.id ?? this.#dropped);
  }

  /** What there is lies in the storage now, where another client finds it. */
  markKept() {
    this.outbox.markKept();
    this.losses.markKept();
  }

  /** How far it is, to be told from others' accounts of it. */
  get place() {
    return { session: this.id, attempt: this.attempt, generation: this.generation, received: this.inbox.handled, done: this.outbox.done };
  }

  /** @returns {Position} */
  get position() {
    return {
      instance: this.instance, user: this.user, session: this.id, dropped: this.#dropped, bye: this.bye, attempt: this.attempt, generation: this.generation, proof: this.#proof, connections: this.#connections,
      received: this.inbox.handled, done: this.outbox.done, written: this.outbox.written,
      messages: this.outbox.messages.map(({ id, b, stop, stopped, refused }) => ({ id, b, stop, ...(stopped ? { stopped } : {}), ...(refused ? { refused } : {}) })), answered: this.outbox.answered, open: this.inbox.openOf(this.id ?? this.#dropped), losses: this.losses.stored((session) => this.inbox.openOf(session)),
    };
  }

  /**
   * Goes on from where an earlier client, or another page, left it.
   * @param {Position} position
   * @param {(message: StoredMessage) => OutboxMessage} revive
   * @param {number} [inHand] the number that the application is handling
   * @returns {OutboxMessage[]} messages whose outcome was told elsewhere
   */
  restore(position, revive, inHand = 0) {
    const isSame = this.isSameAs(position);
    if (!isSame) {
      this.epoch += 1;
      this.wasAttached = false;
    }
    this.id = position.session;
    this.user = position.user;
    this.#userKnown = position.user !== null || position.session !== null || (position.dropped ?? null) !== null;
    this.attempt = isSame ? Math.max(this.attempt, position.attempt) : position.attempt;
    this.generation = isSame ? Math.max(this.generation, position.generation ?? 0) : position.generation ?? 0;
    this.#proof = position.proof ?? null;
    this.#connections = position.connections === undefined ? null : position.connections;
    this.#dropped = position.dropped ?? null;
    // What either has said may stand at the server.
    const byes = [position.bye ?? null, isSame ? this.bye : null].filter((bye) => bye !== null);
    this.bye = byes.length > 0 ? Math.min(...byes) : null;
    this.isElsewhere = false;
    this.#seen = [];
    const { losses = [] } = position;
    this.losses.leave(losses);
    this.inbox.restore(isSame ? Math.max(position.received, this.inbox.handled) : position.received, this.id ?? this.#dropped, position.open, this.losses.sessions, isSame ? inHand : 0);
    for (const { session, open } of this.losses.restore(losses)) for (const attempt of open) this.inbox.opened(session, attempt);
    return this.outbox.restore(position, revive);
  }
}
