// Delays between connections (spec/wire.md §7). Pure: the caller brings the randomness.

/** @import { RetryAdvice } from './closeReason.js' */

const DELAY_FIRST = 250;
const DELAY_MAX = 30_000;
const HINT_SPREAD = 0.2;
/** How long a connection has to be ready before the count starts again: a server that closes behind each `ready` is not dialed at once for ever. */
export const STEADY = 5_000;

/** Counts the delays in a row. */
export class Backoff {
  #row = 0;
  #triedAtOnce = false;

  /**
   * How long to wait before the next connection. The n-th delay in a row lies between half and all of min(30 s, 250 ms × 2ⁿ), n counted from 1;
   * a hint of the server is used as it is plus up to 20 %. After `resume` the first connection is made at once and is no delay in that row.
   * @param {Exclude<RetryAdvice, 'never'>} advice
   * @param {number | null} hint milliseconds that the server asked for
   * @param {number} random from 0 to 1
   * @returns {number} milliseconds
   */
  next(advice, hint, random) {
    if (advice === 'resume' && hint === null && !this.#triedAtOnce) {
      this.#triedAtOnce = true;
      return 0;
    }
    this.#row += 1;
    if (hint !== null) {
      return Math.round(hint * (1 + HINT_SPREAD * random));
    }
    const most = Math.min(DELAY_MAX, DELAY_FIRST * 2 ** this.#row);
    return Math.round((most / 2) * (1 + random));
  }

  /** A connection has been ready for `STEADY`: the count starts again. */
  reset() {
    this.#row = 0;
    this.#triedAtOnce = false;
  }
}
