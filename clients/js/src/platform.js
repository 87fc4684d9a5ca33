// What the client takes from its surroundings: time, timers, randomness. Give another one to run it on virtual time.

/**
 * @typedef {object} Platform
 * @property {() => number} now milliseconds since 1970
 * @property {(callback: () => void, delay: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 to below 1; spreads reconnects
 * @property {() => string} randomId hard to guess, new at every call
 */

/** @type {Platform} */
export const systemPlatform = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => globalThis.setTimeout(callback, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  random: () => Math.random(),
  // Not randomUUID: browsers have that on secure pages only.
  randomId: () => Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
};

/** A timer's delay is a signed 32-bit number. */
const DELAY_MAX = 2 ** 31 - 1;

/** Named timers: setting one again replaces it. */
export class Timers {
  /** @type {Map<string, unknown>} */
  #running = new Map();
  #platform;

  /** @param {Platform} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /** @param {string} name @param {number} delay milliseconds @param {() => void} callback */
  set(name, delay, callback) {
    this.clear(name);
    const timer = this.#platform.setTimeout(() => {
      this.#running.delete(name);
      callback();
    }, Math.min(Math.max(0, delay), DELAY_MAX));
    this.#running.set(name, timer);
  }

  /** @param {string} name */
  has(name) {
    return this.#running.has(name);
  }

  /** @param {string} name */
  clear(name) {
    if (!this.#running.has(name)) return;
    this.#platform.clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  clearAll() {
    for (const name of [...this.#running.keys()]) this.clear(name);
  }
}
