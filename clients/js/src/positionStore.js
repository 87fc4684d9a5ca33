// Where a position lies, and whose it is. A storage may be shared: with a page that was closed, one that comes back from the back/forward cache, another client of this page.

import { readPosition, writePosition } from './position.js';

/** @import { Position, PositionStorage, StoredPosition } from './position.js' */

/** @typedef {Pick<Position, 'session' | 'attempt' | 'generation' | 'received' | 'done'>} Place */

/** Invariant: a position is written by its owner alone: the one whose name stands in it, or who has just found it. */
export class PositionStore {
  #storage;
  #key;
  #writer;
  #life = 0;
  /** What this client read or wrote last. @type {string | null} */
  #text = null;
  #isOwned = true;
  /** Whether it lies there under this client's name. Until then whoever wrote it may still write. */
  #isClaimed = false;
  /** Whether anything lay there when the page was put away. */
  #wasThere = true;
  /** Whether what this client had written was gone once: whoever had the position after it has ended the session. */
  isRemoved = false;

  /** @param {PositionStorage} storage @param {string} key @param {string} writer names this client among all that ever had the storage */
  constructor(storage, key, writer) {
    this.#storage = storage;
    this.#key = key;
    this.#writer = writer;
  }

  /** Whether it is this one that goes on, when its page comes back, from what a page between has left. */
  get isOwnerBack() {
    return this.#isOwned && this.#wasThere;
  }

  /** The page is put away: whose the position is, is looked at now. One that was removed is nobody's: several clients of the page may have had it. @param {Place} mine @returns {StoredPosition | null} another client's */
  putAway(mine) {
    const position = this.newer(mine);
    if (position) this.letGo();
    this.#wasThere = !this.#isGone;
    return position;
  }

  get #isGone() {
    return this.#isClaimed && this.#read() === null;
  }

  /** What an earlier client left. It is this one's from the first `save` on. @returns {Position | null} @throws {TypeError} if the storage is one that answers later */
  load() {
    const text = this.#read();
    if (text !== null && typeof text !== 'string') throw new TypeError('storage answers at once, with a string or null, as sessionStorage does: one that answers with a promise cannot keep a position before it is used.');
    const position = readPosition(text);
    this.#life = (position?.life ?? 0) + 1;
    this.#text = text;
    return position;
  }

  /** From now on this client owns the position that it found. @param {StoredPosition} position */
  take(position) {
    this.#life = Math.max(this.#life, position.life + 1);
    this.#text = this.#read();
    this.#isOwned = true;
    this.#isClaimed = false;
  }

  /** The position is somebody else's. */
  letGo() {
    this.#isOwned = false;
  }

  /** The position of another client that came after this one. @param {Place} mine where this one stands @returns {StoredPosition | null} */
  newer(mine) {
    const text = this.#read();
    if (text === null || text === this.#text) return null;
    const other = readPosition(text);
    return other && this.#isNewer(other, mine) ? other : null;
  }

  /** @param {Position} position @returns {Error | boolean} whether it lies there now: not if it is somebody else's; why it could not be kept: a full or forbidden storage */
  save(position) {
    if (this.#isOwned && this.newer(position)) this.letGo();
    if (!this.#isOwned) return false;
    this.isRemoved ||= this.#isGone;
    try {
      const text = writePosition(position, this.#life, this.#writer);
      this.#storage.setItem(this.#key, text);
      this.#text = text;
      this.#isClaimed = true;
      return true;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The session is over: nobody goes on with it. @param {Place} mine */
  remove(mine) {
    if (!this.#isOwned || this.newer(mine)) return;
    try {
      this.#storage.removeItem(this.#key);
    } catch {
      // What stays is a session that the server has ended: who resumes it is given a new one.
    }
  }

  #read() {
    try {
      return this.#storage.getItem(this.#key) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {StoredPosition} other @param {Place} mine */
  #isNewer(other, mine) {
    if (!this.#isClaimed || other.life > this.#life) return true;
    // Its life may be lower: the position was removed in between, at the end of its session, and a later client began anew.
    if (other.writer !== '') return other.writer !== this.#writer;
    // By a client that knows nothing of lives: the session's own numbers tell.
    if (other.session === null || other.session !== mine.session) return false;
    return other.attempt > mine.attempt || (other.generation ?? 0) > (mine.generation ?? 0) || other.received > mine.received || other.done > mine.done;
  }
}
