// One connection, from dial to end, as a pure machine: frames and the time go in, states come out. It knows no socket, no timer and no session.

import { FOLLOWERS } from './connectionState.js';
import { FrameError } from './frame.js';
import { Refresh } from './refresh.js';

/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { Offer } from './credentials.js' */
/** @import { ServerFrame, OpenFrame, AuthedFrame, ReadyFrame, GateFrame, ClosingFrame } from './frame.js' */
/** @import { ResumeRequest } from './frameWriter.js' */

/** @typedef {{ name: string, required: boolean, state: GateFrame['state'], elapsed: number, deadline: number | null, retryAfter: number | null }} Gate */
/** @typedef {{ state: ConnectionStateName, at: number, duration: number | null }} Phase a state that was entered, when, and how long it lasted (`null` while it lasts) */

/** @typedef {{ state: ConnectionStateName, at: number, lasted: number | null }} Entry a state that was entered, when, and how long the one before lasted */

/** How long nothing may be heard before a phase is given up, beyond the server's own deadlines. */
const SLACK = 10_000;
/** How long dialing may take until `open`, credentials included, where nothing else is said. */
const CONNECT_TIMEOUT = 30_000;

export class Link {
  /** @type {ConnectionStateName} */
  state = 'CONNECTING';
  /** @type {Phase[]} */
  phases;
  /** @type {Map<string, Gate>} */
  gates = new Map();
  /** @type {OpenFrame | null} */
  open = null;
  /** @type {AuthedFrame | null} */
  authed = null;
  /** @type {ReadyFrame | null} */
  ready = null;
  /** @type {ClosingFrame | null} */
  closing = null;
  /** Carriers put on the request. @type {string[]} */
  sent = [];
  /** Those of `sent` that the server did not see. @type {string[]} */
  stripped = [];
  /** What `hello` asked to resume. @type {ResumeRequest | null} */
  resume = null;
  /** What this connection carries to prove who the client is. @type {Offer | null} */
  offer = null;
  /** When something was heard last; before that, when it was dialed. */
  heardAt;
  saidBye = false;
  /** How much longer than usual silence is borne: a message that takes long to arrive whole is silence, too. */
  allowance = 1;
  /** Whether there was a session to resume when it was dialed. */
  hadSession = false;
  refresh = new Refresh();
  #openAt = 0;
  #wall;
  #start;
  #connectTimeout;
  #draining = false;
  /** @type {Entry[]} */
  #entered;

  /**
   * @param {number} number counts this client's connections from 1
   * @param {number} now
   * @param {number} [wall] the same instant by the clock on the wall, which phases tell
   * @param {number} [connectTimeout] milliseconds
   */
  constructor(number, now, wall = now, connectTimeout = CONNECT_TIMEOUT) {
    this.number = number;
    this.heardAt = now;
    this.#start = now;
    this.#wall = wall;
    this.#connectTimeout = connectTimeout;
    this.phases = [{ state: 'CONNECTING', at: wall, duration: null }];
    this.#entered = [{ state: 'CONNECTING', at: wall, lasted: null }];
  }

  /** The server's time. @param {number} now */
  serverTime(now) {
    return (this.open?.now ?? 0) + now - this.#openAt;
  }

  get over() {
    return this.state === 'CLOSED' || this.state === 'FAILED';
  }

  /** Whether frames may be written: not over, and not told that it closes. */
  get live() {
    return this.closing === null && !this.over;
  }

  /** Whether application data may be written. */
  get attached() {
    return this.ready !== null && this.live;
  }

  /** The states entered since the last call. @returns {Entry[]} */
  takeEntered() {
    return this.#entered.splice(0);
  }

  /** How long nothing may be heard in the present state, in milliseconds. */
  get patience() {
    if (this.ready) return 2 * this.ready.idle * this.allowance;
    if (!this.open) return this.#connectTimeout;
    const { hello, authentication, gate, attach } = this.open.deadlines;
    return SLACK + (this.authed ? gate + attach : hello + authentication);
  }

  /**
   * A frame has arrived.
   * @param {ServerFrame} frame
   * @param {number} now
   * @throws {FrameError} if it may not come here; nothing has changed then
   */
  accept(frame, now) {
    this.#checkOrder(frame);
    switch (frame.t) {
      case 'open':
        this.open = frame;
        this.#openAt = now;
        this.stripped = this.sent.filter((carrier) => !frame.carriers.includes(carrier));
        this.#enter('ACCEPTED', now);
        break;
      case 'authed':
        this.authed = frame;
        if (this.state === 'ACCEPTED') this.#enter('AUTHENTICATED', now);
        break;
      case 'gate':
        this.#gate(frame, now);
        break;
      case 'ready':
        this.ready = frame;
        if (this.state === 'AUTHENTICATED') this.#enter('SERVICES_READY', now);
        this.#enter('PROCESSING_READY', now);
        if (this.#isDegraded()) this.#enter('DEGRADED', now);
        break;
      case 'drain':
        if (this.ready && !this.#draining) {
          this.#draining = true;
          this.#enter('DRAINING', now);
        }
        break;
      case 'closing':
        this.closing = frame;
        if (this.open) this.#enter('CLOSING', now);
        break;
      default:
        break;
    }
  }

  /** This side begins to close. @param {number} now */
  leave(now) {
    if (!this.over && this.open && this.state !== 'CLOSING') this.#enter('CLOSING', now);
  }

  /** The transport has ended. @param {boolean} clean whether a close frame came @param {number} now */
  end(clean, now) {
    if (!this.over) this.#enter(clean ? 'CLOSED' : 'FAILED', now);
  }

  /** @param {ServerFrame} frame */
  #checkOrder(frame) {
    const refuse = () => {
      throw new FrameError(`${frame.t} came in ${this.state}.`);
    };
    if (this.over || this.closing || this.state === 'CLOSING') refuse();
    switch (frame.t) {
      case 'open':
        if (this.open) refuse();
        break;
      case 'ready':
        if (!this.authed || this.ready) refuse();
        break;
      case 'data':
      case 'end':
      case 'void':
      case 'nack':
      case 'gap':
      case 'unknown':
      case 'ack':
        if (!this.ready) refuse();
        break;
      case 'gate':
      case 'refresh':
        if (!this.authed) refuse();
        break;
      case 'closing':
        // A server whose reason came while the upgrade was under way may have said nothing else.
        break;
      default:
        if (!this.open) refuse();
    }
  }

  /** @param {GateFrame} frame @param {number} now */
  #gate(frame, now) {
    const { name, required, state, elapsed, deadline, retryAfter } = frame;
    if (!this.gates.has(name) && this.gates.size >= 256) throw new FrameError('There are more than 256 gates.');
    this.gates.set(name, { name, required, state, elapsed, deadline, retryAfter });
    if (this.state === 'AUTHENTICATED' && this.#requiredGatesOpen()) this.#enter('SERVICES_READY', now);
    else if (this.state === 'PROCESSING_READY' && this.#isDegraded()) this.#enter('DEGRADED', now);
    else if (this.state === 'DEGRADED' && !this.#isDegraded()) this.#enter('PROCESSING_READY', now);
  }

  /** Whether a required gate was seen and all that were seen are open. @returns {boolean} */
  #requiredGatesOpen() {
    const required = [...this.gates.values()].filter((gate) => gate.required);
    return required.length > 0 && required.every((gate) => gate.state === 'open' || gate.state === 'degraded');
  }

  #isDegraded() {
    return [...this.gates.values()].some((gate) => gate.state !== 'open');
  }

  /** @param {ConnectionStateName} state @param {number} now */
  #enter(state, now) {
    if (!FOLLOWERS[this.state].includes(state)) throw new FrameError(`${state} cannot follow ${this.state}.`);
    const at = this.#wall + now - this.#start;
    const last = this.phases.at(-1);
    if (last) last.duration = at - last.at;
    this.state = state;
    this.#entered.push({ state, at, lasted: last?.duration ?? null });
    this.phases.push({ state, at, duration: null });
    // A connection may degrade and recover for ever: the way to ready stays, the middle goes.
    if (this.phases.length > 64) this.phases.splice(8, 1);
  }
}
