// What the client takes from its surroundings: time, timers, randomness. Give another one to run it on virtual time.

/**
 * @typedef {object} Platform
 * @property {() => number} now milliseconds since 1970, by the clock on the wall: shown, never reckoned with
 * @property {() => number} [elapsed] milliseconds since any fixed moment; never goes back. All durations come from it. Absent: what `now` and the timers tell of it
 * @property {(callback: () => void, delay: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 to below 1; spreads reconnects
 * @property {() => string} randomId hard to guess, new at every call
 */

/** @type {Platform} */
export const systemPlatform = {
  now: () => Date.now(),
  elapsed: () => globalThis.performance.now(),
  setTimeout: (callback, delay) => globalThis.setTimeout(callback, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  random: () => Math.random(),
  // Not randomUUID: browsers have that on secure pages only.
  randomId: () => Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
};

/** A timer's delay is a signed 32-bit number. */
export const DELAY_MAX = 2 ** 31 - 1;
