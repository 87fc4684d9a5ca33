import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../src/frame.js';
import { Receipt } from '../src/receipt.js';
import { Session } from '../src/session.js';
import { frames } from './virtual.js';

/** @param {string} id @param {boolean} kept */
const message = (id, kept) => Object.assign(Receipt.messageOf(new Receipt(id, '1')), { kept });

test('What another client has is not sent in a new session; what only this one has is', () => {
  const session = new Session('instance');
  for (const each of [message('stored', true), message('own', false)]) session.outbox.append(each);
  assert.deepEqual(session.leaveKept(), [], 'nobody else has it');
  session.isElsewhere = true;
  assert.deepEqual(session.leaveKept().map(({ id }) => id), ['stored']);
  assert.equal(session.outbox.peek(9)?.message.id, 'own');
});

/** @param {object} fields @returns {import('../src/frame.js').ReadyFrame} */
const ready = (fields) => /** @type {any} */ (readMessage(JSON.stringify(frames.ready(fields)))[0]);

test('Another user is another one, unless an anonymous one is told by a newer server', () => {
  for (const [user, anonymous, changed] of /** @type {const} */ ([['ada', false, true], ['ada', undefined, true], ['anon-1', true, false], [null, false, false]])) {
    const session = new Session('i');
    assert.equal(session.authenticate(null), false, 'the first is nobody else');
    session.outbox.append(message('a', false));
    assert.equal(session.authenticate(user, anonymous), changed, `${user} ${anonymous}`);
    assert.equal(session.outbox.length, changed ? 0 : 1);
  }
});

test('A session that was given up does not begin as a new one, and one that is resumed is attached anew', () => {
  const session = new Session('i');
  session.attach(ready({ generation: 3 }), null, 'c1');
  for (const generation of [2, 3]) assert.throws(() => session.attach(ready({ generation, resume: 'resumed', lost: undefined }), session.askResume('c2'), 'c2'), /generation/);
  assert.throws(() => session.attach(ready({ session: 's1' }), null, 'c2'), /not new/);
  session.leave('session_ended');
  assert.throws(() => session.attach(ready({ session: 's1' }), null, 'c2'), /not new/, 'left, and not forgotten');
  assert.deepEqual(session.attach(ready({ session: 's2' }), null, 'c2'), { session: 's1', lost: [{ direction: 'down', from: 1, to: null }] });
});

test('So many connections may have been attached since the last ready, and with more it is not known which', () => {
  const session = new Session('i');
  session.attach(ready({}), null, 'c0');
  for (let n = 1; n < 64; n++) session.askResume(`c${n}`);
  assert.equal(session.position.connections?.length, 64);
  session.askResume('c64');
  assert.equal(session.position.connections, null);
  session.attach(ready({ resume: 'resumed', generation: 2, attempt: 64 }), session.askResume('c65'), 'c65');
  assert.deepEqual(session.position.connections, ['c65']);
});

test('Somebody else went on only where that can be told: in this session, and with connections that are known', () => {
  /** @type {(fields: object) => boolean} */
  const isShared = (fields) => session.isSharedBy(ready({ resume: 'resumed', generation: 2, attempt: 2, received: 1, done: 0, previous: { connection: 'c9', code: 1006, cause: 'transport_lost' }, ...fields }), true);
  const session = new Session('i');
  session.id = 's1';
  session.outbox.append(message('a', true));
  session.outbox.advance();
  assert.equal(isShared({}), false, 'it knows of none');
  session.askResume('c2');
  assert.deepEqual([isShared({}), isShared({ previous: { connection: 'c2', code: 1006, cause: 'transport_lost' } }), isShared({ session: 's2' }), isShared({ session: 's2', received: 2 }), isShared({ received: 2 })], [true, false, false, false, true]);
});

test('What a server could not read of an end is told as a lost transport', () => {
  const session = new Session('i');
  for (const [code, told] of [[1000, 1000], [4999, 4999], [999, 1006], [5000, 1006]]) {
    session.attach(ready({ session: `s${code}` }), null, 'c1');
    session.noteEnd({ connection: 'c1' }, { code: Number(code), cause: 'Not a cause!' }, 7);
    assert.deepEqual(session.saw(true), [{ connection: 'c1', code: told, cause: undefined, silence: 7 }]);
  }
});
