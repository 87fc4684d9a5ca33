// The async iterator over what arrives. An item counts as handled when the next one is asked for, or the loop is left.

/** @import { ReceivedItem } from './item.js' */

/** @implements {AsyncIterableIterator<ReceivedItem>} */
export class MessageReader {
  /** Someone waits for an item. @type {{ resolve: (result: IteratorResult<ReceivedItem>) => void, reject: (error: Error) => void }[]} */
  #waiting = [];
  /** The item that was offered. @type {{ item: ReceivedItem, given: boolean, settle: (wasTaken: boolean) => void } | null} */
  #offered = null;
  /** @type {{ error: Error | null } | null} */
  #finished = null;
  #left;

  /** @param {() => void} left called once, when the loop is left or the items end */
  constructor(left) {
    this.#left = left;
  }

  /**
   * @param {ReceivedItem} item
   * @returns {Promise<boolean>} fulfilled when it was handled; `false` if the loop was left before it was given
   */
  offer(item) {
    if (this.#finished) return Promise.resolve(false);
    return new Promise((settle) => {
      this.#offered = { item, given: false, settle };
      this.#give();
    });
  }

  /** Nothing follows. @param {Error | null} error thrown into the loop, if given */
  finish(error) {
    if (this.#finished) return;
    this.#finished = { error };
    this.#left();
    if (this.#offered && !this.#offered.given) {
      this.#offered.settle(false);
      this.#offered = null;
    }
    for (const waiting of this.#waiting.splice(0)) this.#settle(waiting);
  }

  /** @returns {Promise<IteratorResult<ReceivedItem>>} */
  next() {
    this.#handled();
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      if (this.#finished) return this.#settle(waiting);
      this.#waiting.push(waiting);
      this.#give();
    });
  }

  /** @returns {Promise<IteratorResult<ReceivedItem>>} */
  return() {
    this.#handled();
    this.finish(null);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The loop was left by an exception. @param {unknown} error @returns {Promise<IteratorResult<ReceivedItem>>} */
  throw(error) {
    void this.return();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  #give() {
    const offered = this.#offered;
    if (!offered || offered.given) return;
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    offered.given = true;
    waiting.resolve({ done: false, value: offered.item });
  }

  /** What was given before is handled now. */
  #handled() {
    if (!this.#offered?.given) return;
    const { settle } = this.#offered;
    this.#offered = null;
    settle(true);
  }

  /** @param {{ resolve: (result: IteratorResult<ReceivedItem>) => void, reject: (error: Error) => void }} waiting */
  #settle({ resolve, reject }) {
    // The error is told once; after it the iterator is simply done.
    const error = this.#finished?.error;
    if (error) {
      this.#finished = { error: null };
      reject(error);
    } else {
      resolve({ done: true, value: undefined });
    }
  }
}

/**
 * @param {MessageReader} reader @param {ReceivedItem[]} items in order
 * @param {Promise<unknown>[]} pending what has to be settled before
 * @returns {Promise<boolean>} whether all were taken
 */
export async function offerAll(reader, items, pending) {
  if (pending.length > 0) await Promise.all(pending);
  for (const item of items) {
    if (!(await reader.offer(item))) return false;
  }
  return true;
}
