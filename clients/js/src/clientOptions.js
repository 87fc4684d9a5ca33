// What an application gives to AirlockClient, and the events it gets.

import { isName } from './wireText.js';

/** @import { ClientState, LastClose } from './clientState.js' */
/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { AuthIn, CredentialSource } from './credentials.js' */
/** @import { Adopted, End, Gap, Message, Nack, Withdrawal } from './item.js' */
/** @import { Gate } from './link.js' */
/** @import { Loss } from './losses.js' */
/** @import { Platform } from './platform.js' */
/** @import { PositionStorage } from './position.js' */
/** @import { TimelineEntry } from './timeline.js' */
/** @import { TraceSource } from './trace.js' */

/**
 * @typedef {object} AirlockClientOptions
 * @property {CredentialSource} [token] called before each connection and each refresh; gives a fresh token, or `null` for none. If it fails, the client tries again later
 * @property {CredentialSource} [ticket] the same for one-time tickets; give one of the two
 * @property {AuthIn} [authIn] where the token travels. Default: `subprotocol`, falling back to `hello` where that is stripped on the way
 * @property {string[]} [alsoSent] carriers that the application puts on the request itself: `cookie`, `authorization`. Lets both sides see when one is stripped
 * @property {unknown} [WebSocket] default: the global one. Node 20 has none: give that of the package `ws`
 * @property {PositionStorage} [storage] keeps the position and unfinished messages, so that a reload resumes: `sessionStorage`, one for each tab. Default: none
 * @property {string} [storageKey] default: `airlock:` and the URL as given
 * @property {string} [instance] names this client among all; default: random, kept in the storage
 * @property {string} [clientName] name and version for the server's logs, at most 128 characters
 * @property {TraceSource} [traceparent] what the application is doing, for the server's traces: a W3C `traceparent`, or a function that gives the present one. Asked for the first connection and each `send`. Default: none
 * @property {number} [queueMax] how many unfinished messages there may be; from 1 to 1,000,000, default 1024. Beyond it `send` throws `MessageRefused` with the cause `queue_full`
 * @property {number} [queueBytesMax] how many bytes the payloads of unfinished messages may have; from 1 to 1 GiB, default 16 MiB. Beyond it as `queueMax`
 * @property {number} [connectTimeout] how long a connection may take until the server's first frame, credentials included: milliseconds from 1 to 3,600,000, default 30,000. Then the next attempt follows
 * @property {Platform} [platform] time and randomness, for running on virtual time
 */

/**
 * @typedef {object} SendOptions
 * @property {string} [id] 1 to 64 characters from `!` to `~`, unique for this user for an hour. Default: random
 * @property {TraceSource} [traceparent] what this message is sent for, in place of the client's option. A bad one counts as none
 */

/**
 * @typedef {object} AirlockEvents the detail of each event
 * @property {{ from: ConnectionStateName | null, to: ConnectionStateName, state: ClientState }} state
 * @property {Gate} gate
 * @property {{ sent: string[], stripped: string[] }} stripped
 * @property {Message} message
 * @property {End} end what was provisional for this `re` and `try` is final
 * @property {Withdrawal} void what was provisional for this `re` and `try` is withdrawn
 * @property {Nack} nack
 * @property {Gap} gap messages that nobody asked for did not fit at the server and will not come
 * @property {Adopted} adopted another page of this tab went on with the session while this one was put away: what was handled there is not given here
 * @property {Loss} lost the session is gone and a new one took its place; unfinished messages are sent again. With a storage also one that an earlier page was not told
 * @property {LastClose & { link: number, connection: string | null }} close
 * @property {Readonly<TimelineEntry>} timeline
 * @property {{ error: Error }} storage the position could not be kept: a reload will not resume. Told once
 */

/**
 * @param {{ WebSocket: unknown, storage: unknown, queueMax: number, queueBytesMax: number, connectTimeout: number, clientName: string, instance: string | undefined }} options
 * @throws {TypeError | RangeError}
 */
export function checkOptions({ WebSocket, storage, queueMax, queueBytesMax, connectTimeout, clientName, instance }) {
  if (typeof WebSocket !== 'function') throw new TypeError("There is no WebSocket here. Give one: new AirlockClient(url, { WebSocket }) with that of the package 'ws'.");
  if (storage !== undefined && storage !== null && !isStorage(storage)) throw new TypeError('storage has the functions getItem, setItem and removeItem, as sessionStorage has.');
  const limits = /** @type {const} */ ({ queueMax: [queueMax, 1_000_000], queueBytesMax: [queueBytesMax, 2 ** 30], connectTimeout: [connectTimeout, 3_600_000] });
  for (const [name, [value, most]] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1 || value > most) throw new RangeError(`${name} is a whole number from 1 to ${most.toLocaleString('en')}.`);
  }
  for (const name of [clientName, instance ?? '-']) if (!isName(name)) throw new RangeError('clientName and instance have 1 to 128 characters and no control character.');
}

/** @param {any} storage */
function isStorage(storage) {
  return ['getItem', 'setItem', 'removeItem'].every((name) => typeof storage[name] === 'function');
}

/**
 * The address of a WebSocket: `http` becomes `ws`, a relative one is taken from the page's, and what follows a `#` is left out.
 * @param {string | URL} url
 * @param {boolean} hasTickets whether the application gives tickets: one in the address would be told beside them, and be used up after the first connection
 * @returns {string}
 * @throws {TypeError} for what is no address, and for what must not stand in one. It does not say the address, which may hold a secret
 */
export function resolveUrl(url, hasTickets) {
  const page = globalThis.location?.href;
  let resolved;
  try {
    resolved = new URL(url, page);
  } catch {
    throw new TypeError(`The endpoint's address is no URL. ${page ? 'Give one like /chat or wss://example.org/chat.' : 'There is no page that it could be relative to: give it whole, like wss://example.org/chat.'}`);
  }
  resolved.protocol = { 'http:': 'ws:', 'https:': 'wss:' }[resolved.protocol] ?? resolved.protocol;
  if (!/^wss?:$/.test(resolved.protocol)) throw new TypeError(`The endpoint's scheme is ws, wss, http or https, not '${resolved.protocol.slice(0, -1)}'.`);
  if (resolved.username || resolved.password) throw new TypeError('A user or password in the address goes nowhere: give token or ticket.');
  if (hasTickets && resolved.searchParams.has('ticket')) throw new TypeError('The address has a ticket of its own: a ticket is good once, the option ticket gives one for each connection.');
  resolved.hash = '';
  return resolved.href;
}
