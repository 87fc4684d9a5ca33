// What happened to this client's connections, readable after it happened.

/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { Link } from './link.js' */

/**
 * @typedef {object} TimelineEntry
 * @property {number} at milliseconds since 1970, by this machine's clock
 * @property {number} link which of this client's connections, counted from 1
 * @property {string | null} connection the server's id of it, once known
 * @property {ConnectionStateName} state the state that was entered, or that a remark was made in
 * @property {number | null} lasted how long the state before lasted
 * @property {string | null} cause why, where a connection ended
 * @property {number | null} code the close code, where a connection ended
 * @property {string | null} remark what else is to say: a gate, stripped credentials, a resumed session
 */

/** The newest entries, at most `most`. */
export class Timeline {
  /** @type {Readonly<TimelineEntry>[]} */
  #entries = [];
  #most;

  /** @param {number} [most] */
  constructor(most = 256) {
    this.#most = most;
  }

  /**
   * @param {Link} link
   * @param {Pick<TimelineEntry, 'at'> & Partial<TimelineEntry>} fields
   * @returns {Readonly<TimelineEntry>}
   */
  add(link, fields) {
    const entry = Object.freeze({ link: link.number, connection: link.open?.connection ?? null, state: link.state, lasted: null, cause: null, code: null, remark: null, ...fields });
    this.#entries.push(entry);
    if (this.#entries.length > this.#most) this.#entries.shift();
    return entry;
  }

  /** @returns {readonly Readonly<TimelineEntry>[]} a copy, oldest first */
  get entries() {
    return [...this.#entries];
  }
}
