// Durations and instants. How long something took never depends on the clock on the wall, which people and time servers set.

/** @import { Platform } from './platform.js' */

/** Invariant: `now` never goes back. */
export class Clock {
  #platform;
  #now = 0;
  #read = 0;

  /** @param {Platform} platform */
  constructor(platform) {
    this.#platform = platform;
    if (platform.elapsed) this.#now = platform.elapsed();
    else this.#read = platform.now();
  }

  /**
   * Milliseconds since any fixed moment. A platform that has only a clock on the wall is trusted forward: set back, it stands still for a moment.
   * @returns {number}
   */
  get now() {
    if (this.#platform.elapsed) this.#now = Math.max(this.#now, this.#platform.elapsed());
    else {
      const read = this.#platform.now();
      this.#now += Math.max(0, read - this.#read);
      this.#read = read;
    }
    return this.#now;
  }

  /** A timer has fired that was set for this time: it has come, also if the clock is a little behind. @param {number} at */
  reached(at) {
    this.#now = Math.max(this.now, at);
  }

  /** Milliseconds since 1970, for people. @returns {number} */
  get wall() {
    return this.#platform.now();
  }
}
