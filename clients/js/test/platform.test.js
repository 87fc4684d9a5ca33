import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemPlatform } from '../src/platform.js';

test('Chance is from 0 to below 1, and ids are new at every call', () => {
  const dice = Array.from({ length: 100 }, () => systemPlatform.random());
  assert.ok(dice.every((each) => each >= 0 && each < 1), String(dice));
  assert.ok(new Set(dice).size > 1);
  const ids = Array.from({ length: 100 }, () => systemPlatform.randomId());
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)), String(ids));
  assert.equal(new Set(ids).size, ids.length);
});
