import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { parts } from '../parts.js';
import { claim, recall, results } from '../results.js';
import { mutantsOf, root } from '../tree.js';

const folder = mkdtempSync(path.join(tmpdir(), 'airlock-mutation-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const result = (/** @type {string} */ identity, status = 'Killed', at = '2026-01-01T00:00:00Z') => /** @type {any} */ ({ identity, status, at });

test('Shards and the whole are one list, of one seed', () => {
  const core = results('core', folder);
  core.keep({ seed: 1 }, [result('a')], null);
  core.keep({ seed: 1 }, [result('b'), result('a', 'Survived', '2026-01-02T00:00:00Z')], { number: 1, of: 2 });
  core.keep({ seed: 2 }, [result('c')], { number: 2, of: 2 });
  results('client', folder).keep({ seed: 1 }, [result('d')], null);
  assert.deepEqual(core.of(1).map(({ identity, status }) => `${identity} ${status}`).sort(), ['a Survived', 'b Killed']);
  assert.deepEqual(core.of(2).map(({ identity }) => identity), ['c']);
});

test('What is known keeps its word, gets its new line, and goes with its place', () => {
  const mutant = (/** @type {string} */ identity, line = 1) => /** @type {any} */ ({ identity, line, status: 'Ignored', reason: 'of the list' });
  const known = [{ ...result('a'), line: 9, how: 'x' }, result('gone'), { ...result('b', 'Survived'), how: 'y' }];
  const found = recall([mutant('a', 12), mutant('b'), mutant('new')], known);
  assert.deepEqual([...found.values()].map(({ identity, line, status, how }) => [identity, line, status, how]), [['a', 12, 'Killed', 'x'], ['b', 1, 'Survived', 'y']]);
});

test('One run has a copy of the tree, until it has ended', async (t) => {
  assert.equal(claim(folder), null);
  assert.equal(claim(folder), null, 'it is its own');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  t.after(() => other.kill('SIGKILL'));
  writeFileSync(path.join(folder, 'owner'), String(other.pid));
  assert.equal(claim(folder), other.pid);
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal(claim(folder), null);
});

test('A report is read with positions in the text, not in lines', () => {
  mkdirSync(path.join(folder, 'src'), { recursive: true });
  writeFileSync(path.join(folder, 'src/A.cs'), '\uFEFFone\r\n  a < b;\n');
  const location = { start: { line: 2, column: 3 }, end: { line: 2, column: 8 } };
  writeFileSync(path.join(folder, 'report.json'), JSON.stringify({ projectRoot: folder, files: { 'src/A.cs': { mutants: [{ location, mutatorName: 'Equality', replacement: 'a > b', status: 'Survived' }] } } }));
  assert.deepEqual(mutantsOf(path.join(folder, 'report.json'), path.join(folder, 'src')), [
    { file: 'A.cs', start: 7, end: 12, line: 2, column: 3, mutator: 'Equality', replacement: 'a > b', original: 'a < b', status: 'Survived', reason: '' },
  ]);
});

test('What the parts name exists', () => {
  for (const { source, tests, slow, whole } of Object.values(parts)) {
    for (const each of [source, tests, ...slow.map((file) => `${tests}/${file}`), ...whole]) assert.ok(existsSync(path.join(root, each)), each);
  }
});
