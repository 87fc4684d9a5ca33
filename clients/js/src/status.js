// What a client shows of its connections: the state of the one that counts, how the last one ended, what happened before.

import { describeState } from './clientState.js';
import { Timeline } from './timeline.js';

/** @import { ClientState, LastClose } from './clientState.js' */
/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { Ending } from './ending.js' */
/** @import { Entry, Link } from './link.js' */
/** @import { Session } from './session.js' */
/** @import { TimelineEntry } from './timeline.js' */

/**
 * @typedef {object} StatusHost
 * @property {() => number} wall milliseconds since 1970
 * @property {(entry: Readonly<TimelineEntry>) => void} added to the timeline
 * @property {(from: ConnectionStateName | null, to: ConnectionStateName) => void} entered
 */

export class Status {
  timeline = new Timeline();
  isFinal = false;
  /** @type {Link | null} */
  link = null;
  /** @type {ConnectionStateName | null} */
  #name = null;
  /** @type {LastClose | null} */
  #lastClose = null;
  #session;
  #host;

  /** @param {Session} session @param {StatusHost} host */
  constructor(session, host) {
    this.#session = session;
    this.#host = host;
  }

  /** @returns {ClientState} */
  describe() {
    return describeState(this.link, this.#name, this.#session, this.#lastClose, this.isFinal);
  }

  /** A link entered states, or became the one that counts. @param {Link} link @param {Entry[]} entered @param {boolean} isShown */
  changed(link, entered, isShown) {
    for (const fields of entered) this.#record(link, fields);
    if (!isShown) return;
    // A connection that takes over shows where it stands, not the way there.
    const states = this.link === link ? entered.map(({ state }) => state) : [link.state];
    this.link = link;
    for (const state of states) this.#show(state);
  }

  /** @param {Link} link @param {string} remark */
  remark(link, remark) {
    this.#record(link, { at: this.#host.wall(), remark });
  }

  /** @param {Link} link @param {Entry[]} entered @param {Ending} ending @param {number | null} retryIn @param {boolean} final @returns {LastClose} */
  ended(link, entered, { code, cause, text: message, advice: retry }, retryIn, final) {
    const close = { code, cause, message, retry, retryAt: retryIn === null ? null : this.#host.wall() + retryIn, final };
    for (const entry of entered) this.#record(link, entry.state === link.state ? { ...entry, cause, code, remark: message || null } : entry);
    if (this.link === link) {
      this.#lastClose = close;
      this.#show(link.state);
    }
    return close;
  }

  /** The client has stopped. @param {Ending} ending */
  finish({ code, cause, text: message }) {
    this.isFinal = true;
    if (this.#lastClose?.final) return;
    // There was no connection to close: the wait for the next is over.
    this.#lastClose = { code, cause, message, retry: 'never', retryAt: null, final: true };
    this.#show(this.#name ?? 'CLOSED');
  }

  /** @param {ConnectionStateName} to */
  #show(to) {
    const from = this.#name;
    this.#name = to;
    if (this.#lastClose && to === 'CONNECTING') this.#lastClose = { ...this.#lastClose, retryAt: null };
    this.#host.entered(from, to);
  }

  /** @param {Link} link @param {Pick<TimelineEntry, 'at'> & Partial<TimelineEntry>} fields */
  #record(link, fields) {
    this.#host.added(this.timeline.add(link, fields));
  }
}
