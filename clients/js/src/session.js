// The client's side of a session: what survives a connection (spec/session.md). Pure.

import { FrameError } from './frame.js';
import { Inbox } from './inbox.js';
import { MessageRefused } from './messageRefused.js';
import { Outbox } from './outbox.js';

/** @import { LostRange, ReadyFrame } from './frame.js' */
/** @import { ResumeRequest, SeenClose } from './frameWriter.js' */
/** @import { OutboxMessage } from './outbox.js' */
/** @import { Position } from './position.js' */

/** @typedef {{ session: string, lost: LostRange[] }} Loss the session that is gone, and what is known to be lost with it */

/** How many ends one `hello` may tell of. */
const SEEN_MAX = 4;

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
  /** @type {string | null} */
  user = null;
  #userKnown = false;
  /** @type {SeenClose[]} */
  #seen = [];
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
   * @returns {ResumeRequest | null}
   */
  askResume() {
    if (this.id === null) return null;
    this.attempt += 1;
    return { session: this.id, attempt: this.attempt, received: this.inbox.handled };
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
   * @returns {boolean} whether the user is another one than before
   */
  authenticate(user) {
    const changed = this.#userKnown && this.user !== user;
    this.user = user;
    this.#userKnown = true;
    if (changed) {
      for (const message of this.outbox.clear()) message.refuse?.(new MessageRefused(message.id, 'principal_changed'));
    }
    return changed;
  }

  /** The server wants a new session. */
  drop() {
    this.#dropped ??= this.id;
    this.id = null;
  }

  /**
   * The connection is attached.
   * @param {ReadyFrame} frame
   * @param {ResumeRequest | null} asked
   * @returns {Loss | null} what became of the session before, if it is gone
   * @throws {FrameError}
   */
  attach(frame, asked) {
    if (frame.resume === 'resumed') {
      if (!asked || frame.session !== asked.session) throw new FrameError('ready resumes a session that was not asked for.');
      if (frame.replayTo < this.inbox.arrived) throw new FrameError('ready forgets messages that were sent.');
      this.outbox.resume(frame.received, frame.done, frame.replayTo);
      this.outbox.settle(this.inbox.arrived);
      this.#seen = [];
      this.attempt = Math.max(this.attempt, frame.attempt);
      this.#attached = frame.attempt;
      this.generation = frame.generation;
      this.window = frame.window;
      return null;
    }
    const before = this.#dropped ?? this.id;
    const loss = before === null ? null : { session: before, lost: this.#lost(asked ? frame.lost : [{ direction: 'down', from: 1, to: null }]) };
    this.#dropped = null;
    this.#seen = [];
    this.id = frame.session;
    this.attempt = frame.attempt;
    this.#attached = frame.attempt;
    this.generation = frame.generation;
    this.window = frame.window;
    this.outbox.renumber();
    this.inbox.reset();
    if (loss) this.epoch += 1;
    return loss;
  }

  /** What has arrived is not lost, also if the server could not know. @param {LostRange[]} ranges @returns {LostRange[]} */
  #lost(ranges) {
    return ranges
      .map((range) => (range.direction === 'down' ? { ...range, from: Math.max(range.from, this.inbox.arrived + 1) } : range))
      .filter((range) => range.to === null || range.from <= range.to);
  }

  /** @returns {Position} */
  get position() {
    return {
      instance: this.instance, user: this.user, session: this.id, attempt: this.attempt, received: this.inbox.handled, done: this.outbox.done,
      messages: this.outbox.messages.map(({ id, b, stop }) => ({ id, b, stop })), answered: this.outbox.answered, open: this.inbox.open,
    };
  }

  /**
   * @param {Position} position as an earlier page of this client left it
   * @param {(id: string, b: string, stop: boolean) => OutboxMessage} revive
   */
  restore(position, revive) {
    this.id = position.session;
    this.user = position.user;
    this.#userKnown = position.session !== null;
    this.attempt = position.attempt;
    this.inbox.restore(position.received);
    for (const attempt of position.open) this.inbox.opened(attempt);
    this.outbox.done = position.done;
    this.outbox.transmitted = position.done;
    this.outbox.restoreAnswered(position.answered);
    for (const { id, b, stop } of position.messages) this.outbox.append(revive(id, b, stop));
  }
}
