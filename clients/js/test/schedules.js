// Carries histories of the virtual world out, in a thread of its own: the test runner follows every promise of its thread, which makes a history several times as dear.

import { parentPort, workerData } from 'node:worker_threads';
import { World } from './world.js';

/** @type {{ first: number, count: number }} */
const { first, count } = workerData;
/** @type {{ seed: number, violations: string[], story: string[] } | null} */
let found = null;
for (let seed = first; seed < first + count && !found; seed++) {
  const world = new World(seed);
  const violations = await world.run().catch((error) => [String(error.stack)]);
  if (violations.length > 0) found = { seed, violations, story: world.story };
}
parentPort?.postMessage(found);
