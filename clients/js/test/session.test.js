import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Receipt } from '../src/receipt.js';
import { Session } from '../src/session.js';

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
