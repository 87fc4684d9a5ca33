// Where a client stands, kept across a reload of the page.

import { isId, isName } from './wireText.js';

/** @import { StoredMessage } from './outbox.js' */
/** @import { OpenTry } from './inbox.js' */

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
 */

const VERSION = 1;

/**
 * @param {PositionStorage} storage
 * @param {string} key
 * @returns {Position | null} `null` if there is none that can be read
 */
export function loadPosition(storage, key) {
  try {
    const value = JSON.parse(storage.getItem(key) ?? 'null');
    return isPosition(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {PositionStorage} storage
 * @param {string} key
 * @param {Position} position
 * @returns {Error | null} why it could not be kept: a full or forbidden storage
 */
export function savePosition(storage, key, position) {
  try {
    storage.setItem(key, JSON.stringify({ version: VERSION, ...position }));
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * What is stored may be older than this code, or written by someone else.
 * @param {any} value
 * @returns {value is Position}
 */
function isPosition(value) {
  const number = (/** @type {unknown} */ item, least = 0) => Number.isSafeInteger(item) && Number(item) >= least;
  const text = (/** @type {unknown} */ item) => typeof item === 'string' && item !== '';
  const textOrNull = (/** @type {unknown} */ item) => item === null || text(item);
  return value !== null && typeof value === 'object' && value.version === VERSION
    && isName(value.instance) && textOrNull(value.user) && (value.session === null || isName(value.session))
    && number(value.attempt) && value.attempt < Number.MAX_SAFE_INTEGER && number(value.received) && number(value.done)
    && Array.isArray(value.messages) && value.messages.every((/** @type {any} */ item) => isId(item?.id) && text(item.b) && typeof item.stop === 'boolean')
    && Array.isArray(value.answered) && value.answered.every((/** @type {any} */ item) => number(item?.s, 1) && text(item.id))
    && Array.isArray(value.open) && value.open.every((/** @type {any} */ item) => number(item?.re, 1) && number(item.try, 1) && textOrNull(item.id));
}
