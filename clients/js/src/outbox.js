// What this client has to say: messages in order, each kept until the server has finished it.

import { FrameError, utf8Length } from './frame.js';
import { MessageRefused } from './messageRefused.js';

/** How many finished messages are remembered by number. */
const ANSWERED_MAX = 1024;

/** @typedef {{ cause: string, status: string | null }} Refusal */
/** @typedef {{ id: string, b: string, stop: boolean, stopped?: boolean, refused?: Refusal | null }} StoredMessage a message as it is kept: its id, its payload's JSON, whether it is to be stopped; how it ended, where that was told and only the `d` that covers it is missing */
/** @typedef {StoredMessage & { settle: ((outcome: { stopped: boolean }) => void) | null, refuse: ((why: Error) => void) | null, refused: Refusal | null, stopped: boolean, kept?: boolean, traceparent?: string | undefined }} OutboxMessage `traceparent`: what the application was doing, for the server's traces; `kept`: it lies in the storage, or lay there when this client began */
/** @typedef {{ s: number, message: OutboxMessage }} NumberedMessage */

/**
 * A message's number is its place: the first one kept is `done + 1`, the next `done + 2`. So numbers have no gap, a repeat has its old number, and a new
 * session numbers again from 1.
 *
 * Invariant: done ≤ transmitted ≤ done + messages.length, and every number the server names lies at or below `transmitted`.
 */
export class Outbox {
  /** Highest number whose turn is finished. */
  done = 0;
  /** Highest number written to the connection that is attached now. */
  transmitted = 0;
  /** Highest number that the server said it has stored. */
  stored = 0;
  /** Highest number that may have been written, on any connection and by any page that had this position: nothing above it has ever left. */
  written = 0;
  /** Bytes of the payloads that are not finished. */
  bytes = 0;
  /** @type {OutboxMessage[]} */
  #messages = [];
  /** Finished, but frames that answer them may still be on the way: `d` may overtake them. @type {{ s: number, message: OutboxMessage, after: number, settled: boolean }[]} */
  #finished = [];

  /** How many messages are not finished. */
  get length() {
    return this.#messages.length;
  }

  /** Highest number given to a message. */
  get last() {
    return this.done + this.#messages.length;
  }

  /** @returns {readonly OutboxMessage[]} */
  get messages() {
    return this.#messages;
  }

  /** @param {OutboxMessage} message */
  append(message) {
    this.#messages.push(message);
    this.bytes += utf8Length(message.b);
  }

  /** @param {string} id @returns {NumberedMessage | null} the unfinished message with this id */
  find(id) {
    const place = this.#messages.findIndex((message) => message.id === id);
    const message = this.#messages[place];
    return message ? { s: this.done + 1 + place, message } : null;
  }

  /** @param {number} s @returns {OutboxMessage | null} the message of this number, while it or what answers it is still of interest */
  at(s) {
    return this.#messages[s - this.done - 1] ?? this.#finished.find((entry) => entry.s === s)?.message ?? null;
  }

  /**
   * The next message to write. The credit rule: s ≤ done + window.
   * @param {number} window
   * @param {number | null} [most] nothing above it is sent in this session
   * @returns {NumberedMessage | null}
   */
  peek(window, most = null) {
    const place = this.transmitted - this.done;
    const message = place < window && this.transmitted < (most ?? Infinity) ? this.#messages[place] : undefined;
    return message ? { s: this.transmitted + 1, message } : null;
  }

  /** The message of `peek` was written. */
  advance() {
    this.transmitted += 1;
    this.written = Math.max(this.written, this.transmitted);
  }

  /** Takes out the message of `peek`, which cannot be sent. It has never been stored, so its number is free for the next. */
  drop() {
    for (const { b } of this.#messages.splice(this.transmitted - this.done, 1)) this.bytes -= utf8Length(b);
  }

  /**
   * The server has stored up to `a` and finished up to `d`. A lower value than before says nothing new.
   * @param {number | null} a
   * @param {number | null} d
   * @param {number} after the server's number that has to arrive before a finished message is settled: what refuses it may still be on the way
   * @returns {boolean} whether something was finished
   * @throws {FrameError} for a number that was never sent
   */
  acknowledge(a, d, after) {
    if ((a ?? 0) > this.transmitted || (d ?? 0) > this.transmitted) throw new FrameError('An acknowledgement is beyond what was sent.');
    this.stored = Math.max(this.stored, a ?? 0);
    const finished = Math.max(0, (d ?? 0) - this.done);
    for (const message of this.#messages.splice(0, finished)) {
      this.done += 1;
      this.bytes -= utf8Length(message.b);
      this.#finished.push({ s: this.done, message, after, settled: false });
    }
    return finished > 0;
  }

  /**
   * A connection is attached to the same session: what it has not stored is written again.
   * @param {number} received highest number the server has stored
   * @param {number} done
   * @param {number} replayTo
   * @throws {FrameError}
   */
  resume(received, done, replayTo) {
    if (received > this.written || received < this.done) throw new FrameError('ready tells of messages that were never sent, or forgets finished ones.');
    this.transmitted = received;
    this.acknowledge(received, done, replayTo);
  }

  /** Whether the server's `received` covers messages of this client that may have been written, so that a number which somebody else used could be taken for one of them. @param {number} received */
  isInDoubt(received) {
    return Math.min(received, this.written) > this.done;
  }

  /** The server has refused it. @param {OutboxMessage} message @param {Refusal} refusal */
  refuse(message, { cause, status }) {
    if (message.refused) return;
    message.refused = { cause, status };
    message.refuse?.(new MessageRefused(message.id, cause, status));
  }

  /** A new session: everything unfinished gets a new number, from 1. What is known to have ended is not sent again, though the `d` that covers it never came. */
  renumber() {
    this.settle(Number.MAX_SAFE_INTEGER);
    for (const { refused, settle } of this.clear(({ refused, stopped }) => refused !== null || stopped)) if (!refused) settle?.({ stopped: true });
    this.#finished = [];
    this.done = 0;
    this.stored = 0;
    this.transmitted = 0;
    this.written = 0;
  }

  /** @param {number} arrived highest server number that has arrived: finished messages it covers are settled */
  settle(arrived) {
    for (const entry of this.#finished) {
      if (entry.after > arrived || entry.settled) continue;
      entry.settled = true;
      if (!entry.message.refused) entry.message.settle?.({ stopped: entry.message.stopped });
    }
    // Messages that nothing ever answers.
    while (this.#finished.length > ANSWERED_MAX && this.#finished[0]?.settled) this.#finished.shift();
  }

  /**
   * An answer to message `re` was handled. Turns follow one another, so nothing answers an earlier message any more.
   * @param {number} re
   */
  forget(re) {
    this.#finished = this.#finished.filter((entry) => entry.s >= re || !entry.settled);
  }

  /** Finished messages that frames may still answer. @returns {{ s: number, id: string }[]} */
  get answered() {
    return this.#finished.map(({ s, message }) => ({ s, id: message.id }));
  }

  /**
   * What an earlier client left takes the place of what is here.
   * @param {{ done: number, written?: number, messages: StoredMessage[], answered: { s: number, id: string }[] }} position
   * @param {(message: StoredMessage) => OutboxMessage} revive for those that are not known here
   * @returns {OutboxMessage[]} messages that were kept and are not unfinished there: what became of them was told elsewhere
   */
  restore({ done, written, messages, answered }, revive) {
    const mine = new Map(this.#messages.map((message) => [message.id, message]));
    this.#messages = [];
    this.bytes = 0;
    for (const stored of messages) {
      const message = mine.get(stored.id) ?? revive(stored);
      message.stop ||= stored.stop;
      message.stopped ||= stored.stopped === true;
      if (stored.refused) this.refuse(message, stored.refused);
      mine.delete(stored.id);
      this.append(message);
    }
    this.done = done;
    this.stored = done;
    this.transmitted = done;
    this.written = Math.max(done, written ?? this.last);
    this.#finished = answered.map(({ s, id }) => ({
      s, after: 0, settled: true, message: { id, b: 'null', stop: false, settle: null, refuse: null, refused: null, stopped: false },
    }));
    // What was never kept is nobody else's: it is sent behind the rest.
    for (const message of mine.values()) if (!message.kept) this.append(message);
    return [...mine.values()].filter(({ kept }) => kept);
  }

  /** Gives up everything unfinished, or a part of it. @param {(message: OutboxMessage) => boolean} [isMeant] @returns {OutboxMessage[]} */
  clear(isMeant = () => true) {
    const given = this.#messages.filter(isMeant);
    const rest = this.#messages.filter((message) => !isMeant(message));
    this.#messages = [];
    this.bytes = 0;
    this.transmitted = this.done;
    for (const message of rest) this.append(message);
    return given;
  }

  /** Everything that is unfinished lies in the storage. */
  markKept() {
    for (let place = this.#messages.length - 1; place >= 0; place--) {
      const message = this.#messages[place];
      if (!message || message.kept) return;
      message.kept = true;
    }
  }
}
