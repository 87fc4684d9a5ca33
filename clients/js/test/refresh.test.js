import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refresh } from '../src/refresh.js';

test('What expires is not older than what never did: it was not kept but given anew', () => {
  const refresh = new Refresh();
  assert.equal(refresh.authed({ expires: null, refreshBefore: null }, 0, 0), null);
  refresh.begin();
  assert.equal(refresh.authed({ expires: 0, refreshBefore: null }, 0, 0), null, 'no date to refresh before, so none is planned');
  assert.equal(refresh.isHeld, false);
});

test('A token that is not newer is asked for again, later each time', () => {
  const refresh = new Refresh();
  /** @type {(number | null)[]} */
  const delays = [];
  refresh.authed({ expires: 100, refreshBefore: null }, 0, 0);
  for (let round = 0; round < 3; round++) {
    refresh.begin();
    delays.push(refresh.authed({ expires: 100, refreshBefore: null }, 0, 0));
    assert.equal(refresh.isHeld, true);
  }
  assert.deepEqual(delays.map((delay) => Number(delay) / Number(delays[0])), [1, 2, 4]);
});
