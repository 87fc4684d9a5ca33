import { parseArgs } from 'node:util';
import { parts } from './parts.js';

export class BadRequest extends Error {}

export const usage = `./mutate PART            changes one thing in the product, asks the tests, and again: a sample of at least 400 such mutants
./mutate report [PART]   the scores so far, and each mutant that survived
./mutate --help          this text

PART    ${Object.keys(parts).join(', ')}

A run that was stopped goes on where it was: say the same again. What tests see is in artifacts/mutation/PART.json.

  --seed S      which sample. Default: 1. Another seed is another sample, and begins anew.
  --count N     how many mutants at least. Default: 400.
  --batch N     how many mutants are tried between two looks at the results, from 1. Each batch costs a build and a run of the tests.
                Default: 100; 25 for javascript, which builds nothing.
  --shard K/N   only the K-th of N parts of the sample, in a copy of the tree of its own: several machines or terminals share the work.
  --again       what survived or was not covered is tried again: after new tests.
  --only PLACE  with --again: only mutants whose file and line begin with this, such as Session/Outbox.cs:12. Comma-separated.
  --whole       each survivor alone, against all tests of the part and of those that build on it, the slow ones, too. Minutes each.

It works in a copy of the tree below artifacts/mutation, so you may go on editing; new tests are seen with the next run.
The score is killed ÷ (killed + survived + not covered). A timeout counts as killed if it repeats when the mutant is alone.
How long: the first batch tells, and what is left is foretold from it. Ctrl+C stops it; finished batches are kept.
Needs: node 20 or newer; for the C# parts the .NET 10 SDK (Stryker.NET is restored from mutation/.config), for javascript npm.
Exit codes: 0 done, 1 the request or something needed is wrong, 130 stopped.`;

/** @param {string} name @param {string | undefined} text @param {number} least @param {number} fallback */
function number(name, text, least, fallback) {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) throw new BadRequest(`--${name} takes a whole number from ${least}, not '${text}'.`);
  return Number(text);
}

/** @param {string | undefined} text */
function shardOf(text) {
  if (text === undefined) return null;
  const match = /^(\d{1,3})\/(\d{1,3})$/.exec(text);
  const shard = match && { number: Number(match[1]), of: Number(match[2]) };
  if (!shard || shard.number < 1 || shard.number > shard.of) throw new BadRequest(`--shard takes K/N with K from 1 to N, such as 2/4, not '${text}'.`);
  return shard;
}

/** The name that was probably meant: the one with the most letters in the same order. @param {string} wrong */
function nearest(wrong) {
  const common = (/** @type {string} */ name) => [...name].reduce((at, letter) => (wrong[at] === letter ? at + 1 : at), 0);
  return [...Object.keys(parts), 'report'].map((name) => ({ name, common: common(name) })).sort((a, b) => b.common - a.common)[0].name;
}

/** What is asked for, or BadRequest with the next step. @param {string[]} args */
export function read(args) {
  let parsed;
  const text = /** @type {const} */ ({ type: 'string' }), flag = /** @type {const} */ ({ type: 'boolean' });
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { seed: text, count: text, batch: text, shard: text, only: text, again: flag, whole: flag, help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    throw new BadRequest(`${/** @type {Error} */ (error).message.split('.')[0]}. './mutate --help' lists what there is.`);
  }
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  const report = positionals[0] === 'report', names = report ? positionals.slice(1) : positionals;
  const wrong = names.find((name) => !Object.hasOwn(parts, name));
  if (wrong !== undefined) throw new BadRequest(`There is no part '${wrong}'. Did you mean './mutate ${nearest(wrong)}'? Parts: ${Object.keys(parts).join(', ')}.`);
  if (!report && names.length !== 1) throw new BadRequest(`One part at a time: ./mutate ${Object.keys(parts).join(' | ')}. './mutate --help' tells more.`);
  if (values.only !== undefined && !values.again && !values.whole) throw new BadRequest("--only needs --again or --whole: './mutate core --again --only Session/Outbox.cs:12'.");
  return {
    help: false, report, names, again: values.again === true, whole: values.whole === true, only: values.only?.split(',') ?? null,
    seed: number('seed', values.seed, 0, 1), count: number('count', values.count, 1, 400), batch: number('batch', values.batch, 1, names[0] === 'javascript' ? 25 : 100), shard: shardOf(values.shard),
  };
}
