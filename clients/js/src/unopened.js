// Connections that never open. A browser says nothing about why; the package ws shows the HTTP answer.

import { endingOf } from './ending.js';
import { FrameError, readMessage } from './frame.js';
import { endingOfAnswer } from './httpAnswer.js';

/** @import { Socket, SocketConstructor } from './driver.js' */
/** @import { Ending } from './ending.js' */
/** @import { Headers } from './httpAnswer.js' */
/** @import { Platform } from './platform.js' */

/** How ws words it, where only its error is passed on. */
const STATUS = /^Unexpected server response: (\d{3})$/;
const PROBE_MAX = 5_000;
/** How often in a row the server has to be there for a connection without a sub-protocol, and not for those with one. Once may be a server that comes and goes. */
const ROUNDS = 3;

/**
 * Finds out why connections do not open. A sub-protocol that is stripped on the way makes every browser drop the connection without a word, because the server
 * selects none. So the endpoint is opened without one after each that fails: if the server says `protocol_unsupported` to three of those in a row, and the connection after them fails all
 * the same, that is why.
 */
export class Unopened {
  #options;
  #hasOpened = false;
  #isStopped = false;
  /** Ends the probe that is under way. @type {(() => void) | null} */
  #probing = null;
  /** What the server said to connections without a sub-protocol, in a row. @type {Ending[]} */
  #said = [];

  /** @param {{ url: string, WebSocket: SocketConstructor, platform: Platform }} options */
  constructor(options) {
    this.#options = options;
  }

  /** A connection has opened: nothing on the way is wrong. */
  opened() {
    this.#hasOpened = true;
  }

  /**
   * @param {unknown} problem the text of the socket's error event
   * @param {{ status: number, headers: Headers } | null} answer what was answered in place of the upgrade, where the socket shows it
   * @param {boolean} hasSession
   * @returns {Ending}
   */
  failed(problem, answer, hasSession) {
    const status = answer?.status ?? Number(STATUS.exec(String(problem))?.[1] ?? 0);
    if (status) return endingOfAnswer(status, answer?.headers ?? {}, hasSession);
    const said = this.#said.length < ROUNDS || this.#hasOpened ? null : this.#said.at(-1);
    if (said) return said;
    if (!this.#hasOpened && !this.#probing && !this.#isStopped) this.#probe();
    return endingOf(null, 1006, '', false);
  }

  /** Nothing is dialed any more. */
  stop() {
    this.#isStopped = true;
    this.#probing?.();
  }

  #probe() {
    /** @type {Socket} */
    let socket;
    try {
      socket = new this.#options.WebSocket(probeUrl(this.#options.url), []);
    } catch {
      return;
    }
    const { platform } = this.#options;
    /** @type {Ending[]} */
    let said = [];
    const done = () => {
      if (this.#probing !== done) return;
      this.#said = said;
      this.#probing = null;
      platform.clearTimeout(limit);
      try {
        socket.close();
      } catch {
        // Some sockets refuse to be closed while they connect; nobody listens to it any more.
      }
    };
    const limit = platform.setTimeout(done, PROBE_MAX);
    this.#probing = done;
    socket.addEventListener('message', ({ data }) => {
      if (this.#probing !== done) return;
      const closing = closingIn(data);
      if (closing?.cause === 'protocol_unsupported') said = [...this.#said, endingOf(closing, closing.code, closing.cause, true)];
    });
    socket.addEventListener('error', done);
    socket.addEventListener('close', done);
  }
}

/** Marked, so that the server does not count it as a client that knows no sub-protocol. What the address asks for stays as it is written. @param {string} url */
function probeUrl(url) {
  const marked = new URL(url);
  marked.search += `${marked.search ? '&' : '?'}airlock-probe=1`;
  return marked.href;
}

/** @param {unknown} data */
function closingIn(data) {
  try {
    return typeof data === 'string' ? readMessage(data).find((frame) => frame.t === 'closing') ?? null : null;
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}
