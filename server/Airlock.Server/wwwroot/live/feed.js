// Asks the server what there is to see, over an Airlock connection of its own: one message, one answer. Nobody looks while the page is hidden.

import { AirlockClient } from '/client/index.js';

/** @import { ClientState } from '/client/clientState.js' */
/** @import { Look, Seen } from './seen.js' */

/** How long after an answer the next question goes out. */
const RHYTHM = 1_000;
/** The same when something else is wanted than was asked for. */
const HASTE = 150;

/** Dispatches `seen` for each answer, `state` when the connection's state changes, and `over` when it has stopped for good. */
export class Feed extends EventTarget {
  #client = new AirlockClient('/live/feed', { clientName: 'airlock-live/1' });
  #wanted;
  #isAsking = false;
  #isStale = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #end = new AbortController();
  /** The last answer. @type {Seen | null} */
  seen = null;
  /** When it came. */
  seenAt = 0;
  /** Whether nobody wants to see changes. */
  #isPaused = false;
  /** Why it stopped for good. @type {string | null} */
  cause = null;

  /** @param {Look} look what is wanted first */
  constructor(look) {
    super();
    this.#wanted = look;
    this.#client.addEventListener('message', ({ detail: { payload } }) => this.#answered(/** @type {Seen} */ (payload)));
    this.#client.addEventListener('state', () => this.dispatchEvent(new Event('state')));
    void this.#client.closed.then(({ cause }) => {
      this.cause = cause;
      this.#stop();
      this.dispatchEvent(new Event('over'));
    });
    document.addEventListener('visibilitychange', () => { if (!this.#isPaused) this.#soon(0); }, { signal: this.#end.signal });
    this.#soon(0);
  }

  /** @returns {ClientState} */
  get state() {
    return this.#client.state;
  }

  /** What is wanted now. @returns {Readonly<Look>} */
  get look() {
    return this.#wanted;
  }

  /** Wants something else. @param {Partial<Look>} change */
  want(change) {
    const changed = Object.entries(change).some(([name, value]) => this.#wanted[/** @type {keyof Look} */ (name)] !== value);
    if (!changed) return;
    this.#wanted = { ...this.#wanted, ...change };
    this.#isStale = true;
    if (!this.#isAsking) this.#soon(Math.max(0, HASTE - (Date.now() - this.seenAt)));
  }

  get isPaused() {
    return this.#isPaused;
  }

  /** Asks for nothing until told to go on, but for what is wanted anew. */
  pause() {
    this.#isPaused = true;
    clearTimeout(this.#timer);
  }

  goOn() {
    this.#isPaused = false;
    this.#soon(0);
  }

  /** Leaves: the server need not wait for this page to come back. */
  leave() {
    this.#stop();
    return this.#client.end().catch(() => undefined);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#end.abort();
  }

  /** @param {number} delay */
  #soon(delay) {
    clearTimeout(this.#timer);
    if (this.#end.signal.aborted || document.hidden || this.#isAsking) return;
    this.#timer = setTimeout(() => this.#ask(), delay);
  }

  #ask() {
    this.#isAsking = true;
    this.#isStale = false;
    // A receipt is done when the server has answered, also when its answer is that it cannot.
    void this.#client.send(this.#wanted).done.catch(() => undefined).then(() => {
      this.#isAsking = false;
      if (this.#isStale || !this.#isPaused) this.#soon(this.#isStale ? HASTE : RHYTHM);
    });
  }

  /** @param {Seen} seen */
  #answered(seen) {
    if (seen.type !== 'seen') return;
    this.seen = seen;
    this.seenAt = Date.now();
    this.dispatchEvent(new Event('seen'));
  }
}
