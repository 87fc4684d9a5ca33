import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionState, FOLLOWERS } from '../src/connectionState.js';

test('A state is its own name, and each has its followers', () => {
  for (const [name, value] of Object.entries(ConnectionState)) assert.equal(value, name);
  assert.deepEqual(Object.keys(FOLLOWERS), Object.keys(ConnectionState));
  for (const followers of Object.values(FOLLOWERS)) for (const follower of followers) assert.ok(Object.hasOwn(ConnectionState, follower), follower);
});
