// The client's half of the traces of a session: what it writes, hears, acknowledges and asks for when it resumes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acks } from '../src/acks.js';
import { FrameError } from '../src/frame.js';
import { Receipt } from '../src/receipt.js';
import { Session } from '../src/session.js';
import { readVectors } from './vectors.js';

const WINDOW = 2;

/** @param {object} fields @returns {import('../src/frame.js').ReadyFrame} */
const ready = (fields) => ({ t: 'ready', session: 's-1', generation: 1, attempt: 1, resume: 'new', window: WINDOW, idle: 25_000, received: 0, done: 0, replayTo: 0, lost: [], previous: null, ...fields });

/** A client that keeps to the protocol, following a trace. */
class Follower {
  session = new Session('instance');
  acks = new Acks();
  generation = 0;
  connection = '';
  attached = false;
  attempt = 1;

  /** @param {any} step */
  take(step) {
    const { then } = step;
    if (step.do === 'lost') return this.#lost(step);
    if (then.state === 'Ended') this.attached = false;
    const byClient = { append: () => this.#append(step), ack: () => this.#ack(step), stop: () => this.#stop(step) }[/** @type {string} */ (step.do)];
    // Of an older generation: this client writes to the connection that is attached, and to no other.
    if (byClient && step.generation === this.generation && this.attached) byClient();
    if (step.do === 'open') this.#attach(step, ready({ attempt: step.attempt }), null);
    if (step.do === 'attach') this.#resume(step);
    if (step.do === 'detach' && step.generation === this.generation) this.attached = false;
    if (!this.attached) return;
    this.#hear(then.positions[2]);
    this.#told(then.positions);
  }

  /** @param {any} step */
  #append({ s, id, b, then }) {
    const { outbox } = this.session;
    if (then.result === 'Stored') {
      if (!outbox.find(id)) outbox.append(Receipt.messageOf(new Receipt(id, b)));
      const next = outbox.peek(WINDOW);
      assert.deepEqual([next?.s, next?.message.id, next?.message.b], [s, id, b]);
      outbox.advance();
    } else if (then.result === 'WindowExceeded') {
      outbox.append(Receipt.messageOf(new Receipt(id, b)));
      assert.equal(outbox.peek(WINDOW), null);
    } else if (then.result === 'InputEnded') {
      assert.equal(outbox.last, s - 1, 'what was said before bye is all there is');
    } else {
      // Gap, Repeat, Conflict: another number than the next is never written.
      assert.ok(['Gap', 'Repeat', 'Conflict'].includes(then.result));
      assert.notEqual(outbox.transmitted + 1, s);
    }
  }

  /** @param {any} step */
  #ack({ a, then }) {
    const { inbox } = this.session;
    if (then.result === 'Applied') {
      inbox.handle(a);
      assert.equal(this.acks.due(inbox.handled), a);
      this.acks.said(a);
      assert.equal(this.acks.due(inbox.handled), null, 'once');
    } else if (then.result === 'BeyondAppended') {
      assert.ok(a > inbox.arrived, 'handled never exceeds what has arrived');
    } else {
      assert.equal(then.result, 'Backward');
      assert.equal(this.acks.due(a), null);
    }
  }

  /** @param {any} step */
  #stop({ s, then }) {
    const { outbox } = this.session;
    if (then.result === 1) assert.equal(outbox.done + 1, s, 'the message that is handled is the first that is not done');
  }

  /** @param {any} step */
  #resume(step) {
    const { inbox } = this.session;
    const { result, positions, generation } = step.then;
    if (step.connection === this.connection) return assert.equal(result, 'Resumed', 'told again what it knows');
    // This client can the same in every hello.
    if (result === 'Unable') return undefined;
    // What was said goodbye to is over: the answer is a new session, and nothing is lost.
    if (result === 'Finished') return undefined;
    if (result === 'Stale') return assert.ok(step.attempt <= this.session.attempt, 'each asking is a higher attempt');
    if (result === 'Impossible') return assert.ok(step.received > inbox.arrived);
    if (result === 'Trimmed') return assert.ok(step.received < inbox.handled);
    assert.equal(result, 'Resumed');
    if (step.received > inbox.handled) inbox.handle(step.received);
    // Connections that were lost before they were attached asked too.
    this.session.attempt = Math.max(this.session.attempt, step.attempt - 1);
    const asked = this.session.askResume();
    assert.deepEqual(asked, { session: 's-1', attempt: step.attempt, received: step.received });
    this.#attach(step, ready({ resume: 'resumed', generation, attempt: step.attempt, received: positions[0], done: positions[1], replayTo: positions[2] }), asked);
    // The replay starts behind what was handled; what is here already is not taken again.
    for (let s = step.received + 1; s <= inbox.arrived; s++) assert.equal(inbox.accept(s), false);
  }

  /** @param {any} step @param {import('../src/frame.js').ReadyFrame} frame @param {import('../src/frameWriter.js').ResumeRequest | null} asked */
  #attach(step, frame, asked) {
    assert.equal(this.session.attach(frame, asked), null);
    this.acks.attach(asked?.received ?? 0);
    this.connection = step.connection;
    this.generation = frame.generation;
    this.attached = true;
  }

  /** @param {number} appended */
  #hear(appended) {
    const { inbox } = this.session;
    for (let s = inbox.arrived + 1; s <= appended; s++) {
      assert.throws(() => inbox.accept(s + 1), FrameError, 'a gap');
      assert.equal(inbox.accept(s), true);
      assert.equal(inbox.accept(s), false, 'a repeat');
    }
  }

  /** @param {number[]} positions */
  #told([stored = 0, done = 0, appended, acked]) {
    const { inbox, outbox } = this.session;
    outbox.acknowledge(stored, done, inbox.arrived);
    assert.throws(() => outbox.acknowledge(stored + 1, done, inbox.arrived), FrameError, 'stored what was never sent');
    assert.deepEqual([outbox.transmitted, outbox.done, inbox.arrived, inbox.handled], [stored, done, appended, acked]);
  }

  /** @param {any} step */
  #lost({ arrived, received, told, then }) {
    const session = new Session('instance');
    session.attach(ready({}), null);
    for (let s = 1; s <= arrived; s++) session.inbox.accept(s);
    session.inbox.handle(received);
    const asked = session.askResume();
    const lost = then.lost.map((/** @type {string} */ range) => {
      const [, direction, from, to] = /** @type {RegExpExecArray} */ (/^(Up|Down) (\d+)-(\d+)$/.exec(range));
      return { direction: direction?.toLowerCase(), from: Number(from), to: Number(to) };
    });
    const loss = session.attach(ready({ session: 's-2', attempt: 2, lost }), asked);
    assert.deepEqual(loss?.lost.map(({ direction, from, to }) => `${direction === 'up' ? 'Up' : 'Down'} ${from}-${to}`), told);
    assert.deepEqual([session.inbox.arrived, session.inbox.handled, session.outbox.done], [0, 0, 0]);
  }
}

for (const { name, steps } of [...readVectors('session').traces, ...readVectors('session-growth').traces]) {
  test(`Follows: ${name}`, () => {
    const follower = new Follower();
    for (const step of steps) follower.take(step);
  });
}
