// How one connection ended, and what to do about it.

import { adviceFor, causeFor } from './closeReason.js';

/** @import { CloseReason, RetryAdvice } from './closeReason.js' */
/** @import { ClosingFrame } from './frame.js' */

/** @typedef {{ code: number, cause: string, text: string, clean: boolean, advice: RetryAdvice, hint: number | null, origin?: unknown }} Ending `clean`: with a close frame; `hint`: the delay the server asked for */

/** A page that is put away: a connection does not live in a cache. @type {CloseReason} */
export const PAGE_HIDDEN = Object.freeze({ code: 4900, resumeCode: 4900, cause: 'page_hidden', summary: 'The page was put away; the session is resumed when it is shown again.' });
/** @type {CloseReason} */
export const SESSION_SHARED = Object.freeze({ code: 4900, resumeCode: 4900, cause: 'session_shared', summary: 'Another client goes on with the session too; this one begins a new one.' });

/** This side closes. @param {Readonly<CloseReason>} reason @param {RetryAdvice} advice @param {string} [text] @returns {Ending} */
export const endingBy = ({ code, cause, summary }, advice, text = summary) => ({ code, cause, text, clean: cause !== 'server_silent', advice, hint: null });

/** It could not even be tried. @param {string} cause @param {RetryAdvice} advice @param {string} text @param {unknown} origin @returns {Ending} */
export const endingBefore = (cause, advice, text, origin) => ({ code: 1006, cause, text, clean: false, advice, hint: null, origin });

/**
 * The socket closed. What `closing` said before is the truth: the close frame holds less, and a lost transport nothing.
 * @param {ClosingFrame | null} closing
 * @param {number} code
 * @param {string} reason
 * @param {boolean} clean
 * @returns {Ending}
 */
export function endingOf(closing, code, reason, clean) {
  if (closing) return { code: closing.code, cause: closing.cause, text: closing.message, clean, advice: adviceFor(closing.code), hint: closing.retryAfter };
  return { code, cause: causeFor(code, reason), text: '', clean, advice: adviceFor(code), hint: null };
}
