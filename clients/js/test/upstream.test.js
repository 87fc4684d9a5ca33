import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alarms } from '../src/alarms.js';
import { Session } from '../src/session.js';
import { Upstream } from '../src/upstream.js';

test('What is handled before the first connection is acknowledged by its hello: nothing is written, and nothing waits', () => {
  const session = new Session('i'), alarms = new Alarms();
  session.id = 's';
  session.inbox.restore(4, 's', [], []);
  /** @type {string[]} */
  const written = [];
  const up = new Upstream(session, alarms, { write: (_, text) => { written.push(text); }, save: () => undefined });
  up.handled(null, 0);
  up.acknowledge(null);
  up.release(null, 0);
  assert.deepEqual([written, alarms.next], [[], null]);
  assert.equal(session.askResume()?.received, 4);
});
