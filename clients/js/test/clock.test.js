import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../src/clock.js';
import { systemPlatform } from '../src/platform.js';

test('Time never goes back, and what a timer was set for has come when it fires', () => {
  let elapsed = 100;
  const clock = new Clock({ ...systemPlatform, elapsed: () => elapsed });
  assert.equal(clock.now, 100);
  elapsed = 150;
  assert.equal(clock.now, 150);
  elapsed = 140;
  assert.equal(clock.now, 150);
  clock.reached(155);
  assert.equal(clock.now, 155);
  clock.reached(120);
  elapsed = 156;
  assert.equal(clock.now, 156);
});

test('Where there is only a clock on the wall it is trusted forward, and stands still while that is set back', () => {
  let now = 1_000;
  const { elapsed, ...platform } = systemPlatform;
  const clock = new Clock({ ...platform, now: () => now });
  const times = [1_010, 500, 505, 505].map((each) => {
    now = each;
    return clock.now;
  });
  assert.deepEqual(times, [10, 10, 15, 15]);
  assert.equal(clock.wall, 505);
});
