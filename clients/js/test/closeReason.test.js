import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_REASONS, SERVER_REASONS, adviceFor, causeFor } from '../src/closeReason.js';
import { readRepository, readVectors } from './vectors.js';

test('The catalogue equals that of the C# core', () => {
  const source = readRepository('src/Airlock.Core/Causes/CloseReason.cs');
  const pattern = /public static readonly CloseReason \w+ = new\((\d+), "(\w+)", Fault\.\w+, "((?:[^"\\]|\\.)*)"(?:, resumeCode: (\d+))?/g;
  const theirs = [...source.matchAll(pattern)].map(([, code, cause, summary, resumeCode]) => ({ code: Number(code), resumeCode: Number(resumeCode ?? code), cause, summary }));
  assert.equal(theirs.length, [...source.matchAll(/public static readonly CloseReason /g)].length, 'every entry can be read');
  assert.ok(theirs.length > 40);
  assert.deepEqual(SERVER_REASONS, theirs);
});

test('The client closes with the codes of the spec', () => {
  const spec = readRepository('spec/wire.md');
  for (const { code, cause } of Object.values(CLIENT_REASONS)) assert.match(spec.replaceAll('\n', ' '), new RegExp(`${code} \`${cause}\``));
});

test('The code tells what to do', () => {
  for (const { code, advice } of readVectors('retry').advice) assert.equal(adviceFor(code), advice, String(code));
});

test('A cause is found without a closing frame', () => {
  const cases = /** @type {const} */ ([
    [1000, 'bye', 'bye'], [1000, '', 'closed'], [1005, '', 'transport_lost'], [1006, '', 'transport_lost'], [1007, '', 'invalid_utf8'], [1011, '', 'internal_error'],
    [4022, 'token_expired', 'token_expired'], [4022, '', 'token_expired'], [4105, '', 'address_limit'], [4305, '', 'address_limit'], [4301, '', 'gate_timeout'], [4288, 'brand_new', 'brand_new'], [4288, 'Not a cause!', 'close_4288'], [3001, 'x', 'close_3001'],
  ]);
  for (const [code, text, cause] of cases) assert.equal(causeFor(code, text), cause, `${code} ${text}`);
});

test('Every reason has a sentence for a person', () => {
  for (const { cause, summary } of [...SERVER_REASONS, ...Object.values(CLIENT_REASONS)]) assert.match(summary, /^[A-Za-z].*\.$/, cause);
});
