// Randomness that a seed replays: AIRLOCK_SEED=… runs that one case alone. AIRLOCK_START=… is where a run's seeds begin: `./test` takes it from the commit, so that a commit has one outcome.

/** @param {number} seed @returns {() => number} from 0 to below 1 (mulberry32) */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seeds of one test: from AIRLOCK_START on, else new ones at every run; or the one that is asked for. @param {number} count */
export function seedsOf(count) {
  const { AIRLOCK_SEED: asked, AIRLOCK_START: start } = process.env;
  if (asked) return [Number(asked)];
  const first = start ? Number(start) : Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: count }, (_, place) => first + place);
}

/** Runs a property for many seeds; a failure names its seed. @param {number} count @param {(random: () => number) => void} property */
export function seeds(count, property) {
  for (const seed of seedsOf(count)) {
    try {
      property(seeded(seed));
    } catch (error) {
      throw new Error(`Fails with AIRLOCK_SEED=${seed}: ${error}`, { cause: error });
    }
  }
}

/** @template T @param {() => number} random @param {readonly T[]} items @returns {T} */
export const choose = (random, items) => /** @type {T} */ (items[Math.floor(random() * items.length)]);
