// What the server has to say: which number is next, what is handled, what is still provisional.

import { FrameError } from './frame.js';

/** How many frames may wait for the application. The server's own limit of unacknowledged frames is far lower, so more is a server out of order. */
export const UNHANDLED_MAX = 65_536;

/** How many of them may be acknowledged before they are handled. */
const RELEASED_MAX = UNHANDLED_MAX / 4;

/** @typedef {{ re: number, try: number, id: string | null }} OpenTry a try that streamed provisional messages and has neither ended nor been withdrawn */

/** Invariant: handled ≤ received ≤ arrived; numbers arrive without a gap. */
export class Inbox {
  /** Highest number that has arrived. */
  arrived = 0;
  /** Highest number that the application has handled. */
  handled = 0;
  /** The application is leaving and does not read: until it does again, what has arrived counts as handled, though it is still given. Not without a limit: a server that pauses for acknowledgements has to pause. */
  isReleased = false;
  #received = 0;
  /** By session, as the same number and try mean another message's in each: what waits of a lost session is given while the next one is attached. @type {Map<string | null, Map<string, OpenTry>>} */
  #open = new Map();

  /**
   * @param {number} s
   * @returns {boolean} true for the next number; false for a repeat, which is ignored
   * @throws {FrameError} for a gap
   */
  accept(s) {
    if (s <= this.arrived) return false;
    if (s !== this.arrived + 1) throw new FrameError(`Number ${s} came after ${this.arrived}.`);
    if (this.arrived - this.handled >= UNHANDLED_MAX) throw new FrameError('Too many messages came without an acknowledgement.');
    this.arrived = s;
    return true;
  }

  /** Highest number that counts as handled: what an acknowledgement says. */
  get received() {
    const counts = this.isReleased && this.arrived - this.handled <= RELEASED_MAX ? this.arrived : this.handled;
    this.#received = Math.max(this.#received, counts);
    return this.#received;
  }

  /** @param {number} s the application has handled this number; numbers are handled in order */
  handle(s) {
    // What this page was handling when it was put away may have been handled elsewhere, and more.
    this.handled = Math.max(this.handled, s);
    // The session was left for another with this number in hand, and is back from where somebody else had been: it does not have to come again, and the next one is not a gap.
    this.arrived = Math.max(this.arrived, this.handled);
  }

  /** @param {string | null} session @param {OpenTry} attempt a provisional message of this try was handled */
  opened(session, attempt) {
    const open = this.#open.get(session) ?? new Map();
    this.#open.set(session, open.set(`${attempt.re}/${attempt.try}`, attempt));
  }

  /** @param {string | null} session @param {{ re: number, try: number }} attempt this try has ended or was withdrawn */
  settled(session, attempt) {
    this.#open.get(session)?.delete(`${attempt.re}/${attempt.try}`);
  }

  /** The tries of a session will never end. @param {string} session */
  withdraw(session) {
    this.#open.delete(session);
  }

  /** @param {string | null} session @returns {OpenTry[]} */
  openOf(session) {
    return [...this.#open.get(session)?.values() ?? []];
  }

  /**
   * Where an earlier client stood.
   * @param {number} received
   * @param {string | null} session
   * @param {OpenTry[]} open its tries
   * @param {string[]} untold sessions whose loss this client tells still, and which keep their tries until then
   * @param {number} [inHand] the number that the application is handling, which it need not be given again
   */
  restore(received, session, open, untold, inHand = 0) {
    this.handled = received;
    this.#received = received;
    this.arrived = Math.max(received, inHand);
    for (const each of [...this.#open.keys()]) if (each === null || !untold.includes(each)) this.#open.delete(each);
    for (const attempt of open) this.opened(session, attempt);
  }

  /** A new session counts from 1. The tries of the old one stay open until they are settled or withdrawn. */
  reset() {
    this.arrived = 0;
    this.handled = 0;
    this.#received = 0;
  }
}
