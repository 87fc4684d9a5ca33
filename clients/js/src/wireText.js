// Which strings may stand in a client's frames (spec/wire.md §2). Half of a surrogate pair is no text: every server refuses it.

const NO_TEXT = /[\p{Cc}\p{Cs}]/u;

/** @param {unknown} value @param {number} most @returns {value is string} */
const isText = (value, most) => typeof value === 'string' && value.length >= 1 && value.length <= most && !NO_TEXT.test(value);

/** A message's idempotency key. @param {unknown} value @returns {value is string} */
export const isId = (value) => typeof value === 'string' && /^[!-~]{1,64}$/.test(value);

/** What names a client, a session, a carrier. @param {unknown} value @returns {value is string} */
export const isName = (value) => isText(value, 128);

/** A token or a ticket. @param {unknown} value @returns {value is string} */
export const isSecret = (value) => isText(value, 16_384);

/** How many carriers `hello` may name. */
export const CARRIERS_MAX = 16;
