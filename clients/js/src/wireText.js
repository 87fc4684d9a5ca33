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

/** What a side can, beyond what every version can (spec/wire.md §3). @param {unknown} value */
export const isCapability = (value) => typeof value === 'string' && /^[a-z0-9_]{1,32}$/.test(value);
export const CAPABILITIES_MAX = 32;

/** What an anonymous session proves itself with. @param {unknown} value @returns {value is string} */
export const isProof = (value) => typeof value === 'string' && /^[!-~]{1,1024}$/.test(value);

/** How deep arrays and objects nest in a JSON text. @param {string} text */
export function nesting(text) {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let place = 0; place < text.length; place++) {
    const mark = text.charCodeAt(place);
    if (isText) {
      if (mark === 0x5c) place += 1;
      else if (mark === 0x22) isText = false;
    } else if (mark === 0x22) isText = true;
    else if (mark === 0x5b || mark === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (mark === 0x5d || mark === 0x7d) depth -= 1;
  }
  return deepest;
}
