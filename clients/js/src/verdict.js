// What an end means beyond what its code says (spec/client.md, Dial): expired credentials, and sessions that somebody else has. Pure.

/** @import { RetryAdvice } from './closeReason.js' */
/** @import { Ending } from './ending.js' */
/** @import { Session } from './session.js' */

/** How often in a row expired credentials are answered with others. */
const EXPIRED_MAX = 3;
/** How often in a row an HTTP 400 that no server explains may be a request that was cut in half on its way, which any server answers so. */
const CUT_MAX = 3;
/** An HTTP 401 in place of the upgrade comes from something in between: the server itself says what is wrong. */
const REFUSED_AS_EXPIRED = ['token_expired', 'ticket_invalid', 'http_401'];
/** The least delay after the first of them in a row; twice as long after each further one: a kept token whose clock runs late is kept for a while. */
const EXPIRED_DELAY = 1_000;

const ALLOWANCE_MAX = 8;

export class Verdict {
  /** Why the application is asked for credentials at the next dial. @type {'connect' | 'expired'} */
  reason = 'connect';
  /** How much longer than usual the next connection may be silent: twice as long after each silence in which nothing came. */
  allowance = 1;
  #expired = 0;
  #cut = 0;
  #canAsk;

  #isKept;

  /** @param {boolean} canAsk whether there are other credentials to ask for @param {boolean} isKept whether the position lies in a storage, so that others may have its session */
  constructor(canAsk, isKept) {
    this.#canAsk = canAsk;
    this.#isKept = isKept;
  }

  /** Something came that is more than a beginning. */
  heard() {
    this.allowance = 1;
  }

  /** How long to wait at least. @param {Ending} ending @returns {number} milliseconds */
  delayLeast({ cause }) {
    return REFUSED_AS_EXPIRED.includes(cause) && this.#expired > 0 ? EXPIRED_DELAY * 2 ** (this.#expired - 1) : 0;
  }

  /** Credentials were accepted: the count starts again, and what is kept of them is good until it expires. */
  authenticated() {
    this.#expired = 0;
    this.reason = 'connect';
  }

  /** @param {Ending} ending @param {Session} session @param {boolean} wasReady @param {boolean} isRemoved another client has ended the session, and removed its position @returns {RetryAdvice} */
  on(ending, session, wasReady, isRemoved) {
    const { cause } = ending;
    this.#note(cause);
    if (cause === 'server_silent' && wasReady) this.allowance = Math.min(ALLOWANCE_MAX, this.allowance * 2);
    this.#cut = cause === 'http_400' ? this.#cut + 1 : 0;
    if (REFUSED_AS_EXPIRED.includes(cause)) return this.#afterExpired(ending);
    if (this.#isKept && this.#isOthersBye(cause, session, wasReady, isRemoved)) return 'new';
    if (this.#cut > 0 && this.#cut <= CUT_MAX) return 'resume_later';
    if (cause === 'superseded' && session.mayHaveSupersededItself) return 'resume';
    // A session that was kept and that this client never had: another client has it.
    if (cause === 'stale_attempt' && ending.advice === 'never' && session.id !== null && !session.wasAttached) return 'new';
    return ending.advice;
  }

  /** Another page, or a copy of this one, has ended the session, and this one's application has not, or has more to send. @param {string} cause @param {Session} session @param {boolean} wasReady @param {boolean} isRemoved */
  #isOthersBye(cause, session, wasReady, isRemoved) {
    if (cause === 'frame_out_of_phase') return wasReady;
    return !session.isThrough && (cause === 'bye' || (cause === 'stale_attempt' && isRemoved));
  }

  /** The same for a connection that was to take over: the session is the old one's. @param {Ending} ending @returns {Exclude<RetryAdvice, 'new'>} */
  onHandover(ending) {
    this.#note(ending.cause);
    const advice = REFUSED_AS_EXPIRED.includes(ending.cause) ? this.#afterExpired(ending) : ending.advice;
    return advice === 'new' ? 'resume_later' : advice;
  }

  /** @param {string} cause */
  #note(cause) {
    if (REFUSED_AS_EXPIRED.includes(cause) || cause === 'authentication_expired') this.reason = 'expired';
  }

  /** @param {Ending} ending @returns {RetryAdvice} */
  #afterExpired({ advice }) {
    if (!this.#canAsk || advice !== 'never') return advice;
    this.#expired += 1;
    return this.#expired > EXPIRED_MAX ? 'never' : 'resume_later';
  }
}
