/**
 * What became of the mutants. A timeout is not a result: it is tried alone first, and counts as killed only if it repeats. What cannot be compiled,
 * and what the tool leaves out because a mutant around it says the same, is no mutant.
 * @param {{ status: string }[]} mutants
 */
export function count(mutants) {
  const of = (/** @type {string} */ status) => mutants.filter((mutant) => mutant.status === status).length;
  const killed = of('Killed'), survived = of('Survived'), notCovered = of('NoCoverage'), timeouts = of('Timeout');
  const all = killed + survived + notCovered;
  return { killed, survived, notCovered, timeouts, excluded: mutants.length - all - timeouts, score: all === 0 ? null : (100 * killed) / all };
}

/** One line. @param {string} title @param {ReturnType<typeof count>} counts @param {number} goal */
export function line(title, counts, goal) {
  if (counts.score === null) return `${title}: nothing measured yet`;
  const open = counts.timeouts === 0 ? '' : `, ${counts.timeouts} timed out and are not yet tried alone`;
  return `${title}: ${counts.score.toFixed(1)} % (goal ${goal} %): ${counts.killed} killed, ${counts.survived} survived, ${counts.notCovered} not covered, ${counts.excluded} no mutants${open}`;
}

/**
 * Results of several runs of one sample in one list. Where two runs have the same mutant, the later word counts.
 * @template {{ identity: string, at: string }} T @param {T[][]} lists @returns {T[]}
 */
export function merge(lists) {
  const latest = new Map();
  for (const result of lists.flat()) {
    const known = latest.get(result.identity);
    if (!known || known.at <= result.at) latest.set(result.identity, result);
  }
  return [...latest.values()];
}
