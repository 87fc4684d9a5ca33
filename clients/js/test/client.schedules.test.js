// Histories of a virtual world, by seed: nothing acknowledged is lost, nothing given twice, order kept, no position goes back, no end is untrue, nothing spins, nothing is left over.
// Every run begins at a seed of its own (under `./test` every commit), which is printed, and ends at the first history that breaks a promise; its message is the line that replays that one, with its story.
// By hand, more of them:                AIRLOCK_SCHEDULES=100000 node --test test/client.schedules.test.js
// One again, or so many from one on:    AIRLOCK_SEED=1303069930 [AIRLOCK_SCHEDULES=5000] node --test test/client.schedules.test.js

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { seedsOf } from './random.js';
import { World } from './world.js';

const { AIRLOCK_SEED: SEED, AIRLOCK_SCHEDULES: ASKED } = process.env;
const COUNT = Number(ASKED ?? (SEED ? 1 : 5_000));
const GLOBALS = ['addEventListener', 'removeEventListener', 'document'];

test(`Whatever happens in a history of pages, network and server, its promises hold`, { timeout: 7_200_000 }, async (t) => {
  const first = Number(seedsOf(1)[0]);
  t.diagnostic(`${COUNT} histories from AIRLOCK_SEED=${first} on`);
  const worker = new Worker(new URL('./schedules.js', import.meta.url), { workerData: { first, count: COUNT } });
  t.after(() => worker.terminate());
  /** `null` once it is through. @type {{ seed: number, violations: string[], story: string[] } | null | undefined} */
  let found;
  worker.on('message', (message) => { found = message; });
  await once(worker, 'exit', { signal: t.signal });
  assert.ok(found !== undefined, `A history from AIRLOCK_SEED=${first} on does not end.`);
  assert.ok(found === null, found ? `AIRLOCK_SEED=${found.seed} node --test test/client.schedules.test.js\n${found.violations.join('\n')}\n${found.story.join('\n')}` : '');
});

for (const skew of [0, -2_000, 2_000]) {
  test(`A token that is kept until it expires, by a clock that is ${skew} ms late or early, ends no client and spins nothing`, { timeout: 900_000 }, async (t) => {
    t.after(() => GLOBALS.forEach((name) => { delete /** @type {any} */ (globalThis)[name]; }));
    for (const seed of seedsOf(40)) {
      const world = new World(seed);
      const { final, dials } = await world.keepToken(6_000, skew, 120_000);
      assert.deepEqual([final, world.violations, world.server.violations], [false, [], []], `AIRLOCK_SEED=${seed}`);
      assert.ok(dials <= 120, `AIRLOCK_SEED=${seed}: ${dials} dials in two minutes`);
    }
  });
}
