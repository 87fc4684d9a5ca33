// Histories of a virtual world, by seed: nothing acknowledged is lost, nothing given twice, order kept, no position goes back, no end is untrue, nothing spins, nothing is left over.
// By hand: AIRLOCK_SCHEDULES=100000 node --test test/client.schedules.test.js

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedsOf } from './random.js';
import { World } from './world.js';

const COUNT = Number(process.env.AIRLOCK_SCHEDULES ?? 5_000);

test(`Whatever happens in a history of pages, network and server, its promises hold`, { timeout: 3_600_000 }, async (t) => {
  const names = ['addEventListener', 'removeEventListener', 'document'];
  t.after(() => names.forEach((name) => { delete /** @type {any} */ (globalThis)[name]; }));
  for (const seed of seedsOf(COUNT)) {
    const world = new World(seed);
    const violations = await world.run().catch((error) => [String(error.stack)]);
    const told = process.env.AIRLOCK_SEED ? `\n${world.story.join('\n')}` : '';
    assert.deepEqual(violations, [], `AIRLOCK_SEED=${seed} node --test test/client.schedules.test.js\n${violations.join('\n')}${told}`);
  }
});
