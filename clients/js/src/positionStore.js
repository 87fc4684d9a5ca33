// Where a position lies, and whose it is. A storage may be shared: with a page that was closed, one that comes back from the back/forward cache, another client of this page.

import { readPosition, writePosition } from './position.js';

/** @import { Position, PositionStorage, StoredPosition } from './position.js' */

/** Invariant: a position is written by its owner alone, and a life never goes back. */
export class PositionStore {
  #storage;
  #key;
  #writer;
  #life = 0;
  /** What this client wrote last. @type {string | null} */
  #text = null;
  /** The session and attempt of that. @type {{ session: string | null, attempt: number }} */
  #last = { session: null, attempt: 0 };
  #isOwned = true;

  /** @param {PositionStorage} storage @param {string} key @param {string} writer names this client among all that ever had the storage */
  constructor(storage, key, writer) {
    this.#storage = storage;
    this.#key = key;
    this.#writer = writer;
  }

  /** Whether what changes here is still kept. */
  get isOwned() {
    return this.#isOwned;
  }

  /** What an earlier client left. It is this one's from the first `save` on. @returns {Position | null} */
  load() {
    const position = readPosition(this.#read());
    if (position) this.take(position);
    else this.#life = 1;
    return position;
  }

  /** From now on this client owns the position that it found. @param {StoredPosition} position */
  take(position) {
    this.#life = Math.max(this.#life, position.life + 1);
    this.#text = this.#read();
    this.#isOwned = true;
  }

  /** The position is somebody else's. */
  letGo() {
    this.#isOwned = false;
  }

  /** The position of another client that came after this one. @returns {StoredPosition | null} */
  get newer() {
    const text = this.#read();
    if (text === null || text === this.#text) return null;
    const other = readPosition(text);
    return other && this.#isNewer(other) ? other : null;
  }

  /** @param {Position} position @returns {Error | null} why it could not be kept: a full or forbidden storage */
  save(position) {
    if (this.#isOwned && this.newer) this.letGo();
    if (!this.#isOwned) return null;
    try {
      const text = writePosition(position, this.#life, this.#writer);
      this.#storage.setItem(this.#key, text);
      this.#text = text;
      this.#last = position;
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The session is over: nobody goes on with it. */
  remove() {
    if (!this.#isOwned || this.newer) return;
    try {
      this.#storage.removeItem(this.#key);
    } catch {
      // What stays is a session that the server has ended: who resumes it is given a new one.
    }
  }

  #read() {
    try {
      return this.#storage.getItem(this.#key);
    } catch {
      return null;
    }
  }

  /** @param {StoredPosition} other */
  #isNewer(other) {
    if (other.life > this.#life || (other.life === this.#life && other.writer !== this.#writer)) return true;
    return other.session !== null && other.session === this.#last.session && other.attempt > this.#last.attempt;
  }
}
