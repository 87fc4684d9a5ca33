// The client's half of the traces of a connection: from what it hears it knows the states that the server passes through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../src/frame.js';
import { Link } from '../src/link.js';
import { readVectors } from './vectors.js';
import { frames } from './virtual.js';

/** The server's names of states are the client's, in other letters. @param {string} state */
const asClient = (state) => state.replace(/\B[A-Z]/g, '_$&').toUpperCase();

/** A client that hears what the server of a trace is ordered to say. */
class Listener {
  link = new Link(1, 0);
  server = 'CONNECTING';
  /** The states that the server passed through. */
  passed = ['CONNECTING'];
  #down = { required: false, optional: false };

  /** @param {any} step */
  take({ at, event, then, requiredDown, optionalDown }) {
    const before = this.server;
    this.server = asClient(then.state);
    if (this.server !== before) this.passed.push(this.server);
    if (then.refused || this.link.over) return;
    if (event === 'CloseReceived' && before !== 'CLOSING') this.link.leave(at);
    if (event === 'GatesChanged') this.#gates(at, { required: requiredDown > 0, optional: optionalDown > 0 });
    for (const effect of then.effects) this.#hear(effect, at, then);
    if (this.server === 'CLOSED' || this.server === 'FAILED') this.link.end(this.server === 'CLOSED', at);
  }

  /** @param {object} frame @param {number} at */
  #say(frame, at) {
    for (const read of readMessage(JSON.stringify(frame))) this.link.accept(read, at);
  }

  /** @param {string} effect @param {number} at @param {any} then */
  #hear(effect, at, { cause, code }) {
    if (effect === 'SendOpen') this.#say(frames.open(), at);
    if (effect === 'SendAuthed') this.#say(frames.authed(), at);
    if (effect === 'SendReady') this.#say(frames.ready(), at);
    if (effect === 'SendPing') this.#say({ t: 'ping' }, at);
    if (effect === 'SendRefresh') this.#say({ t: 'refresh', by: at }, at);
    if (effect === 'SendDrain') this.#say({ t: 'drain', delay: 0, by: at }, at);
    // A client that closes hears nothing more.
    if (effect === 'SendClose' && this.link.state !== 'CLOSING') this.#say(frames.closing(code, cause), at);
  }

  /** One frame for each change. @param {number} at @param {{ required: boolean, optional: boolean }} down */
  #gates(at, down) {
    for (const kind of /** @type {const} */ (['required', 'optional'])) {
      if (down[kind] !== this.#down[kind]) this.#say(frames.gate(kind, down[kind] ? 'waiting' : 'open', { required: kind === 'required' }), at);
    }
    this.#down = down;
  }
}

for (const { name, steps } of readVectors('lifecycle').traces) {
  test(`Knows the states of: ${name}`, () => {
    const listener = new Listener();
    for (const step of steps) {
      listener.take(step);
      // A gate that is down while it attaches shows as soon as it is ready, in the server one event later.
      if (step.event !== 'AttachSucceeded') assert.equal(listener.link.state, listener.server, JSON.stringify(step));
    }
    assert.deepEqual(listener.link.takeEntered().map(({ state }) => state), listener.passed);
    const { closing } = listener.link;
    if (closing) assert.deepEqual([closing.cause, closing.code], [steps.at(-1).then.cause ?? closing.cause, steps.at(-1).then.code ?? closing.code]);
  });
}
