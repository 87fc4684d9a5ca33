// When a connection's credentials are to be renewed (spec/client.md, Refresh). Pure.

const DELAY_LEAST = 1_000;
const DELAY_MOST = 30_000;
/** When a token that could not be had is asked for again. */
export const REFRESH_RETRY = 5_000;

/** Invariant: after an answer that brought nothing newer no refresh is made before its delay is over, whoever asks. */
export class Refresh {
  /** A token is being fetched, or was sent and not yet answered. */
  running = false;
  /** Counts what was asked for: a late answer to an earlier asking is no answer to this one. */
  asked = 0;
  /** Nothing newer was to be had: the server's asking does not hasten the next. */
  isHeld = false;
  /** @type {number | null} */
  #until = null;
  /** Answers in a row that brought nothing newer. */
  #kept = 0;

  /**
   * The server has accepted credentials.
   * @param {{ expires: number | null, refreshBefore: number | null }} authed
   * @param {number} serverNow the server's time
   * @param {number} random from 0 to 1
   * @returns {number | null} the delay of the next refresh, or none
   */
  authed({ expires, refreshBefore }, serverNow, random) {
    const until = refreshBefore ?? expires;
    const isKept = this.running && until !== null && this.#until !== null && until <= this.#until;
    this.running = false;
    this.#until = until;
    this.#kept = isKept ? this.#kept + 1 : 0;
    this.isHeld = isKept;
    if (refreshBefore === null && !isKept) return null;
    const left = refreshBefore === null ? 0 : (refreshBefore - serverNow) * (0.8 + 0.15 * random);
    return Math.max(left, isKept ? Math.min(DELAY_MOST, DELAY_LEAST * 2 ** (this.#kept - 1)) : DELAY_LEAST);
  }

  /** A token is to be fetched now. @returns {number} which asking this is */
  begin() {
    this.running = true;
    this.isHeld = false;
    this.asked += 1;
    return this.asked;
  }
}
