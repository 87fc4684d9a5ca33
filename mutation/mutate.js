import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dotnet } from './dotnet.js';
import { javascript } from './javascript.js';
import { parts } from './parts.js';
import { endAll } from './process.js';
import { BadRequest, read, usage } from './request.js';
import { claim, folder, read as readJson, recall, results, write } from './results.js';
import { batches, choose, identity, inShard, place } from './sample.js';
import { count, line } from './score.js';
import { copy, fingerprint, root, textOf } from './tree.js';

const now = () => new Date().toISOString();
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** Says where it is: over the same line on a terminal, once a minute elsewhere. */
function progress(text, expected) {
  const begun = Date.now();
  let said = 0;
  return () => {
    const seconds = (Date.now() - begun) / 1000;
    if (!process.stderr.isTTY && seconds < said + 60) return;
    said = seconds;
    const rest = expected === null ? '' : seconds < expected ? `, about ${Math.ceil((expected - seconds) / 60)} min left` : ', any minute now';
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}: ${clock(seconds)}${rest}` : `${text}: ${clock(seconds)}${rest}\n`);
  };
}

const say = (text) => process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${text}\n`);

function open(name, work, without) {
  const part = parts[name], tree = path.join(work, 'tree');
  mkdirSync(work, { recursive: true });
  copy(tree, without);
  return { part, tree, tool: name === 'javascript' ? javascript(part, tree, work) : dotnet(part, tree, work) };
}

/** One mutant alone: its text is put into the tree, and the tests are asked. */
async function alone(mutant, { part, tree, tool }, tests, seconds) {
  const file = path.join(tree, part.source, mutant.file), text = textOf(file);
  if (text.slice(mutant.start, mutant.end) !== mutant.original) return null;
  writeFileSync(file, text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end));
  try {
    return await tool.ask(tests, seconds);
  } finally {
    writeFileSync(file, text);
  }
}

const isOpen = ({ status }) => status === 'Survived' || status === 'NoCoverage';

const meant = ({ only }, mutant) => only === null || only.some((start) => `${mutant.file}:${mutant.line}`.startsWith(start));

/** The mutants of the part, asked of the tool once for each state of the source. */
async function allMutants({ part, tool }, work) {
  const file = path.join(work, 'mutants.json'), source = fingerprint(part.source, tool.ending), known = readJson(file, null);
  if (known?.source === source) return known.mutants;
  say(`${part.title}: looking for all mutants`);
  const mutants = place(await tool.list(progress('looking', 300)));
  write(file, { source, mutants });
  return mutants;
}

/** Tries `left` in batches, and keeps what each finds before the next. */
async function tryAll(left, all, { part, tool }, size, found, keep) {
  const queue = batches(left, size);
  let spent = null;
  for (const [index, wanted] of queue.entries()) {
    const begun = Date.now(), text = `batch ${index + 1} of ${queue.length}`;
    // By position: both are of the same copy of the source.
    const name = ({ file, start, end, mutator, replacement }) => JSON.stringify([file, start, end, mutator, replacement]);
    const answers = new Map((await tool.test(wanted, all, progress(text, spent && spent * (queue.length - index)))).map((mutant) => [name(mutant), mutant]));
    for (const mutant of wanted) {
      const answer = answers.get(name(mutant));
      found.set(mutant.identity, { ...mutant, status: answer?.status ?? 'Ignored', at: now(), how: answer?.reason ?? 'not in the report' });
    }
    keep();
    spent = (Date.now() - begun) / 1000;
    say(`${text} took ${clock(spent)}. ${line(part.title, count([...found.values()]), part.goal)}`);
  }
}

/** A timeout counts if it repeats alone; else the tests have the word. */
async function tryTimeouts(opened, found, keep) {
  const late = [...found.values()].filter(({ status }) => status === 'Timeout');
  for (const [index, mutant] of late.entries()) {
    say(`timeout ${index + 1} of ${late.length}, alone: ${mutant.file}:${mutant.line}`);
    const answer = await alone(mutant, opened, opened.tool.quick(), 180);
    found.set(mutant.identity, { ...mutant, status: answer?.status ?? 'Ignored', at: now(), how: `timed out; alone: ${answer?.output.slice(-300) ?? 'its text is gone'}` });
    keep();
  }
}

async function mutate(request) {
  const [name] = request.names, { seed, shard } = request, kept = results(name);
  const work = path.join(folder, shard ? `${name}.${shard.number}-of-${shard.of}` : name);
  const owner = claim(work);
  if (owner !== null) throw new BadRequest(`Process ${owner} is at it already. Wait for it, end it, or share the work: ./mutate ${name} --shard 2/2.`);
  const opened = open(name, work, parts[name].slow.map((file) => `${parts[name].tests}/${file}`)), { part, tool } = opened;
  await tool.prepare();
  const all = await allMutants(opened, work), sample = choose(all, seed, request.count);
  const mine = (shard ? inShard(sample, shard) : sample).map((mutant) => ({ ...mutant, identity: identity(mutant) }));

  const found = recall(mine, kept.of(seed));
  const commit = execFileSync('git', ['rev-parse', '--short=7', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const keep = () => kept.keep({ part: name, tool: tool.version, seed, sample: sample.length, of: all.length, commit, at: now() }, [...found.values()], shard);

  const again = (mutant) => request.again && isOpen(found.get(mutant.identity)) && meant(request, mutant);
  const left = mine.filter((mutant) => !found.has(mutant.identity) || again(mutant));
  say(`${part.title}: seed ${seed}, ${mine.length} mutants of ${all.length}${shard ? ` (shard ${shard.number} of ${shard.of})` : ''}, ${left.length} to try`);
  await tryAll(left, all, opened, request.batch, found, keep);
  await tryTimeouts(opened, found, keep);
  keep();
  if (request.whole) await whole(request, name, work, found, keep);
  report([name]);
}

/** Every survivor against all tests. */
async function whole(request, name, work, known, keep) {
  const opened = open(name, path.join(work, 'whole'), []);
  await opened.tool.prepare();
  const survivors = [...known.values()].filter((result) => isOpen(result) && !result.how?.startsWith('all tests') && meant(request, result));
  let spent = null;
  for (const [index, mutant] of survivors.entries()) {
    const begun = Date.now();
    say(`survivor ${index + 1} of ${survivors.length} against all tests: ${mutant.file}:${mutant.line}${spent === null ? '' : `, about ${Math.ceil((spent * (survivors.length - index)) / 60)} min left`}`);
    const answer = await alone(mutant, opened, opened.part.whole, 1800);
    if (answer === null) continue;
    known.set(mutant.identity, { ...mutant, status: answer.status === 'Survived' ? mutant.status : answer.status, at: now(), how: `all tests: ${answer.output.slice(-300)}` });
    keep();
    spent = (Date.now() - begun) / 1000;
  }
}

function report(names) {
  for (const name of names.length > 0 ? names : Object.keys(parts)) {
    const part = parts[name], kept = results(name), all = kept.of(kept.seed()), about = kept.about();
    console.log(line(part.title, count(all), part.goal));
    if (about) console.log(`  ${about.tool}, seed ${about.seed}, ${all.length} of a sample of ${about.sample} run (there are ${about.of}), at ${about.commit}, ${about.at.slice(0, 10)}`);
    for (const mutant of all.filter(isOpen).sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)) {
      const short = (text) => text.replace(/\s+/g, ' ').slice(0, 90);
      console.log(`  ${mutant.status === 'Survived' ? 'survived   ' : 'not covered'} ${mutant.file}:${mutant.line}  ${mutant.mutator}: ${short(mutant.original)}  →  ${short(mutant.replacement)}`);
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endAll();
    say('Stopped. Say the same again, and it goes on after the last finished batch.');
    process.exit(130);
  });
}
process.on('exit', endAll);

try {
  const request = read(process.argv.slice(2));
  if (request.help) console.log(usage);
  else if (request.report) report(request.names ?? []);
  else await mutate(request);
} catch (error) {
  if (!(error instanceof BadRequest)) throw error;
  say(error.message);
  process.exitCode = 1;
}
