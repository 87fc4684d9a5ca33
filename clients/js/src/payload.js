// A payload on its way out: checked when it is sent, so that a message which the server must refuse never enters the queue.

import { WireLimits, utf8Length } from './frame.js';
import { writeData } from './frameWriter.js';
import { nesting } from './wireText.js';

/**
 * @param {string} id
 * @param {unknown} payload
 * @param {number} bytesMax the server's limit for a message
 * @returns {string} its JSON
 * @throws {TypeError | RangeError}
 */
export function writePayload(id, payload, bytesMax) {
  const text = JSON.stringify(payload);
  if (text === undefined) throw new TypeError('A payload is a JSON value.');
  if (nesting(text) > WireLimits.payloadDepth) throw new RangeError(`A payload nests at most ${WireLimits.payloadDepth} levels.`);
  // With the longest numbers, so that it fits whenever it is sent.
  const longest = writeData(Number.MAX_SAFE_INTEGER, id, text, Number.MAX_SAFE_INTEGER);
  if (utf8Length(longest) > bytesMax) throw new RangeError(`A message has at most ${bytesMax} bytes.`);
  return text;
}
