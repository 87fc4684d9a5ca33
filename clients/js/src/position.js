// Where a client stands, kept across a reload of the page.

import { isId, isName, isProof } from './wireText.js';

/** @import { StoredMessage } from './outbox.js' */
/** @import { OpenTry } from './inbox.js' */
/** @import { StoredLoss } from './losses.js' */

/** @typedef {{ getItem(key: string): string | null, setItem(key: string, value: string): void, removeItem(key: string): void }} PositionStorage as `sessionStorage` */

/**
 * @typedef {object} Position
 * @property {string} instance
 * @property {string | null} user `null` if anonymous or not known yet
 * @property {string | null} session
 * @property {number} attempt
 * @property {number} received highest server number that was handled
 * @property {number} done highest own number that is finished
 * @property {StoredMessage[]} messages the unfinished ones: `done + 1` and on
 * @property {{ s: number, id: string }[]} answered finished ones that unhandled frames may refer to
 * @property {OpenTry[]} open tries whose provisional messages were handled and not settled
 * @property {number} [written] highest own number that may have been written: nothing above it was ever sent
 * @property {number | null} [bye] the highest own number when the application said that the session is to end; what came later waits for the next one
 * @property {string | null} [dropped] a session that was given up, whose loss is not told yet
 * @property {StoredLoss[]} [losses] sessions before, whose loss the application has not been told
 * @property {number} [generation] of the last attach
 * @property {string | null} [proof] who an anonymous session belongs to
 * @property {string[] | null} [connections] those that may have been attached since the last `ready`, with the one that was; `null` if not all are known
 */

/** @typedef {Position & { life: number, writer: string }} StoredPosition `life` counts the clients that had the position in turn, `writer` is the one that has it */

const VERSION = 1;

/**
 * @param {string | null} text as it was stored
 * @returns {StoredPosition | null} `null` if there is none that can be read
 */
export function readPosition(text) {
  try {
    const value = JSON.parse(text ?? 'null');
    return isPosition(value) ? { life: 0, writer: '', ...value } : null;
  } catch {
    return null;
  }
}

/** @param {Position} position @param {number} life @param {string} writer */
export const writePosition = (position, life, writer) => JSON.stringify({ version: VERSION, life, writer, ...position });

/**
 * What is stored may be older than this code, or written by someone else.
 * @param {any} value
 * @returns {value is Position & { life?: number, writer?: string }}
 */
function isPosition(value) {
  return value !== null && typeof value === 'object' && value.version === VERSION
    && isName(value.instance) && textOrNull(value.user) && (value.session === null || isName(value.session))
    && number(value.attempt) && number(value.received) && number(value.done)
    && (value.life === undefined || (number(value.life) && value.life < Number.MAX_SAFE_INTEGER)) && (value.writer === undefined || text(value.writer)) && (value.generation === undefined || number(value.generation))
    && (value.written === undefined || number(value.written))
    && (value.bye === undefined || value.bye === null || number(value.bye))
    && (value.dropped === undefined || value.dropped === null || isName(value.dropped))
    && (value.proof === undefined || value.proof === null || isProof(value.proof))
    && (value.connections === undefined || value.connections === null || (Array.isArray(value.connections) && value.connections.every(isName)))
    && Array.isArray(value.messages) && value.messages.every((/** @type {any} */ item) => isId(item?.id) && text(item.b) && typeof item.stop === 'boolean'
      && (item.stopped === undefined || typeof item.stopped === 'boolean') && (item.refused === undefined || item.refused === null || (text(item.refused.cause) && textOrNull(item.refused.status))))
    && Array.isArray(value.answered) && value.answered.every((/** @type {any} */ item) => number(item?.s, 1) && text(item.id))
    && isOpen(value.open) && (value.losses === undefined || (Array.isArray(value.losses) && value.losses.every(isLoss)));
}

const number = (/** @type {unknown} */ item, least = 0) => Number.isSafeInteger(item) && Number(item) >= least;
const text = (/** @type {unknown} */ item) => typeof item === 'string' && item !== '';
const textOrNull = (/** @type {unknown} */ item) => item === null || text(item);
/** @param {any} value */
const isOpen = (value) => Array.isArray(value) && value.every((item) => number(item?.re, 1) && number(item.try, 1) && textOrNull(item.id));
/** @param {any} value */
const isLoss = (value) => isName(value?.session) && number(value.received) && isOpen(value.open)
  && Array.isArray(value.lost) && value.lost.every((/** @type {any} */ range) => (range?.direction === 'up' || range?.direction === 'down') && number(range.from, 1) && (range.to === null || number(range.to, range.from)));
