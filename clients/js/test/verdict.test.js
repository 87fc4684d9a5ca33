import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endingOf } from '../src/ending.js';
import { Session } from '../src/session.js';
import { Verdict } from '../src/verdict.js';

/** @param {number} code @param {string} [cause] */
const ending = (code, cause = '') => endingOf(null, code, cause, true);

/** A session that this client was attached to. */
function attached() {
  const session = new Session('i');
  Object.assign(session, { id: 's', wasAttached: true });
  return session;
}

test('A position that is gone means that another client has ended the session only where the server says that the attempt is stale', () => {
  assert.equal(new Verdict(false, true).on(ending(4016, 'stale_attempt'), attached(), true, true), 'new');
  assert.equal(new Verdict(false, true).on(ending(4016, 'stale_attempt'), attached(), true, false), 'never');
  for (const code of [1006, 1001]) assert.equal(new Verdict(false, true).on(ending(code), attached(), true, true), 'resume', String(code));
  assert.equal(new Verdict(false, true).on(ending(4310, 'slow_consumer'), attached(), true, true), 'resume_later');
  assert.equal(new Verdict(false, false).on(ending(4016, 'stale_attempt'), attached(), true, true), 'never', 'nothing is kept');
});

test('The session is the old connection\'s: one that was to take over never begins a new one', () => {
  const verdict = new Verdict(false, true);
  assert.deepEqual([ending(4100), ending(1006), ending(4310), ending(4001)].map((each) => verdict.onHandover(each)), ['resume_later', 'resume', 'resume_later', 'never']);
});

test('A session that was found and never had is left to whoever has it, and any other refusal stays one', () => {
  const session = new Session('i');
  const verdict = (/** @type {number} */ code, /** @type {string} */ cause) => new Verdict(false, true).on(ending(code, cause), session, false, false);
  assert.equal(verdict(4016, 'stale_attempt'), 'never', 'there is none');
  session.id = 's';
  assert.deepEqual([verdict(4016, 'stale_attempt'), verdict(4027, 'origin_refused'), verdict(4030, 'protocol_unsupported')], ['new', 'never', 'never']);
  session.wasAttached = true;
  assert.equal(verdict(4016, 'stale_attempt'), 'never');
});
