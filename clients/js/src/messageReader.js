// The async iterator over messages. A message counts as handled when the next one is asked for, or the loop is left.

/** @import { Message } from './delivery.js' */

/** @implements {AsyncIterableIterator<Message>} */
export class MessageReader {
  /** Someone waits for a message. @type {{ resolve: (result: IteratorResult<Message>) => void, reject: (error: Error) => void }[]} */
  #waiting = [];
  /** The message that was offered. @type {{ message: Message, given: boolean, handled: () => void } | null} */
  #offered = null;
  /** @type {{ error: Error | null } | null} */
  #finished = null;
  #left;

  /** @param {() => void} left called once, when the loop is left or the messages end */
  constructor(left) {
    this.#left = left;
  }

  /**
   * @param {Message} message
   * @returns {Promise<void>} fulfilled when it was handled
   */
  offer(message) {
    return new Promise((resolve) => {
      this.#offered = { message, given: false, handled: resolve };
      this.#give();
    });
  }

  /** No message follows. @param {Error | null} error thrown into the loop, if given */
  finish(error) {
    if (this.#finished) return;
    this.#finished = { error };
    this.#left();
    for (const waiting of this.#waiting.splice(0)) this.#settle(waiting);
  }

  /** @returns {Promise<IteratorResult<Message>>} */
  next() {
    this.#handled();
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      if (this.#finished) return this.#settle(waiting);
      this.#waiting.push(waiting);
      this.#give();
    });
  }

  /** @returns {Promise<IteratorResult<Message>>} */
  return() {
    this.#handled();
    this.finish(null);
    return Promise.resolve({ done: true, value: undefined });
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
    waiting.resolve({ done: false, value: offered.message });
  }

  /** What was given before is handled now. */
  #handled() {
    if (!this.#offered?.given) return;
    const { handled } = this.#offered;
    this.#offered = null;
    handled();
  }

  /** @param {{ resolve: (result: IteratorResult<Message>) => void, reject: (error: Error) => void }} waiting */
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
