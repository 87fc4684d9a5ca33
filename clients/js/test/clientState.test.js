import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeState } from '../src/clientState.js';
import { readMessage } from '../src/frame.js';
import { Link } from '../src/link.js';
import { Session } from '../src/session.js';
import { frames } from './virtual.js';

/** @param {object} frame */
const read = (frame) => /** @type {import('../src/frame.js').ServerFrame} */ (readMessage(JSON.stringify(frame))[0]);

test('Before the first connection nothing is known', () => {
  assert.deepEqual(describeState(null, null, new Session('i'), null, false), {
    name: 'CONNECTING', since: null, final: false, connection: null, link: 0, attempt: 0, user: null, resumed: null, generation: null, previous: null, replayTo: 0, gates: [], deadlines: null, phases: [], stripped: [],
    expires: null, pending: 0, lastClose: null,
  });
});

test('A connection shows what the server said of it', () => {
  const link = new Link(7, 100, 5_000);
  link.sent = ['subprotocol'];
  link.accept(read(frames.open()), 110);
  link.accept(read(frames.authed({ expires: 9_000 })), 130);
  const before = describeState(link, link.state, new Session('i'), null, false);
  assert.deepEqual([before.since, before.resumed, before.expires, before.user, before.stripped, before.phases.length], [5_030, null, 9_000, 'ada', ['subprotocol'], 3]);
  for (const [resume, resumed] of /** @type {const} */ ([['new', false], ['resumed', true]])) {
    link.ready = /** @type {any} */ (read(frames.ready({ resume, generation: 4, replayTo: 0 })));
    const { resumed: told, generation } = describeState(link, link.state, new Session('i'), null, false);
    assert.deepEqual([told, generation], [resumed, 4]);
  }
});

test('A state does not change when the connection does', () => {
  const link = new Link(1, 0);
  const state = describeState(link, link.state, new Session('i'), null, false);
  link.accept(read(frames.open()), 10);
  assert.deepEqual(state.phases, [{ state: 'CONNECTING', at: 0, duration: null }]);
});
