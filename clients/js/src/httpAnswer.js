// An HTTP answer in place of the upgrade (spec/client.md, Dial). The status decides what follows; a cause of the protocol is told only where an Airlock server named it: many others answer
// with the same status. Pure.

import { SERVER_REASONS } from './closeReason.js';
import { endingBefore } from './ending.js';

/** @import { Ending } from './ending.js' */

/** @typedef {Record<string, string | string[] | undefined>} Headers by their names in small letters */

/** How servers refuse before the upgrade (spec/wire.md §1). With another status a name contradicts itself, and counts for nothing. @type {ReadonlyMap<unknown, number>} */
const REFUSALS = new Map([
  ['protocol_unsupported', 400], ['handshake_invalid', 400], ['origin_refused', 403], ['route_invalid', 404], ['upgrade_required', 426], ['version_unsupported', 426],
  ['address_limit', 429], ['draining', 503], ['upgrade_failed', 503],
]);
const DAY = 86_400_000;

/**
 * @param {number} status
 * @param {Headers} headers none where the platform shows none; the body is never looked at
 * @param {boolean} hasSession
 * @returns {Ending} the server has answered, so the connection is CLOSED
 */
export function endingOfAnswer(status, headers, hasSession) {
  const name = headers['airlock-cause'];
  const named = REFUSALS.get(name) === status ? /** @type {string} */ (name) : null;
  const reason = SERVER_REASONS.find(({ cause }) => cause === named);
  const text = named === null ? unnamed(status, name) : `The server refused the upgrade with HTTP ${status}. ${reason?.summary ?? ''}`.trimEnd();
  return {
    ...endingBefore(named ?? `http_${status}`, passes(status) ? 'resume_later' : 'never', text, undefined),
    code: (hasSession ? reason?.resumeCode : reason?.code) ?? 1006, clean: true, hint: waitOf(headers['retry-after'], headers['date']),
  };
}

/** What is no refusal came from something in between, such as the sign-in page of a network; and what the standard calls temporary (RFC 9110 §15): that passes. @param {number} status */
const passes = (status) => status < 400 || [408, 425, 429].includes(status) || status >= 500;

/**
 * From seconds, or from a date, which counts from the answer's own and never from this machine's clock. At most a day; what is over, or nothing at all, is no hint: else a proxy's 0 would have
 * the client dial without a pause.
 * @param {unknown} retryAfter
 * @param {unknown} date
 * @returns {number | null} milliseconds
 */
function waitOf(retryAfter, date) {
  const text = String(retryAfter ?? '').trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : instantOf(text) - instantOf(date);
  return wait > 0 ? Math.min(wait, DAY) : null;
}

/** NaN for what is no date as RFC 9110 §5.6.7 has servers write it. @param {unknown} text */
const instantOf = (text) => (/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(String(text)) ? Date.parse(String(text)) : Number.NaN);

/** @param {number} status @param {unknown} name */
function unnamed(status, name) {
  const word = /^[a-z0-9_]{1,64}$/.test(String(name ?? '')) ? ` (${name})` : '';
  return `HTTP ${status}${word} came in place of the upgrade, and no Airlock server says why. ${adviceIn(status)}`;
}

/** @param {number} status */
function adviceIn(status) {
  switch (status) {
    case 400: return 'Something on the way cut the request, or does not let WebSockets pass.';
    case 401: return 'What stands there wants credentials of its own.';
    case 403: return 'What stands there lets nobody in, or not from here.';
    case 404: case 410: return 'Is there an Airlock endpoint at this address?';
    case 405: case 426: return 'Is there an Airlock endpoint at this address, and does everything on the way let WebSockets pass?';
    case 407: return 'A proxy wants credentials.';
    default: break;
  }
  if (status < 400) return 'Something on the way shows a page, or sends elsewhere: look at the address in a browser.';
  return passes(status) ? 'What stands there cannot serve it at the moment.' : 'Look at the address, and at what stands in front of the server.';
}
