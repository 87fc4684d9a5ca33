import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BadRequest, read } from '../request.js';

const said = (/** @type {string[]} */ ...args) => {
  try {
    read(args);
  } catch (error) {
    if (error instanceof BadRequest) return error.message;
    throw error;
  }
  return 'nothing';
};

test('Bad input is told the next step', () => {
  assert.match(said(), /One part at a time: .\/mutate core \|/);
  assert.match(said('core', 'client'), /One part at a time/);
  assert.match(said('clint'), /Did you mean '.\/mutate client'\?/);
  assert.match(said('toString'), /There is no part 'toString'/);
  assert.match(said('report', 'x'), /There is no part 'x'/);
  assert.match(said('core', '--seed', '-1'), /--seed|'--help'/);
  assert.match(said('core', '--seed', '1.5'), /--seed takes a whole number from 0, not '1.5'/);
  assert.match(said('core', '--batch', '0'), /--batch takes a whole number from 1/);
  for (const shard of ['0/4', '5/4', '4', 'a/b', '1/0']) assert.match(said('core', '--shard', shard), /K from 1 to N, such as 2\/4/);
  assert.match(said('core', '--sharp', '1/2'), /'--sharp'.*--help/);
  assert.match(said('core', '--only', 'x'), /--only needs --again or --whole/);
});

test('What is not said has its default', () => {
  assert.deepEqual(read(['core']), { help: false, report: false, names: ['core'], again: false, whole: false, only: null, seed: 1, count: 400, batch: 100, shard: null });
  assert.deepEqual(read(['client', '--shard', '2/4', '--seed', '7']).shard, { number: 2, of: 4 });
});

test('The command exits with 1 on bad input, without a stack, and with 0 on a request for help', () => {
  const command = (/** @type {string[]} */ ...args) => spawnSync(process.execPath, [fileURLToPath(new URL('../mutate.js', import.meta.url)), ...args], { encoding: 'utf8' });
  const wrong = command('cor'), help = command('--help');
  assert.equal(wrong.status, 1);
  assert.equal(wrong.stderr, "There is no part 'cor'. Did you mean './mutate core'? Parts: core, airlock, aspnetcore, client, javascript.\n");
  assert.equal(help.status, 0);
  for (const option of ['--seed', '--shard', '--again', '--whole', '--batch', '--count', '--only']) assert.ok(help.stdout.includes(option), option);
});
