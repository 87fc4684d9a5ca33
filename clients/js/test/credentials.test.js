import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credentials } from '../src/credentials.js';

/** @param {any} value */
const refreshed = (value) => new Credentials({ token: () => value }).refreshed();

test('Who has no token says so with null or undefined, and nothing else that is no string is taken', async () => {
  for (const value of [null, undefined, 'abc', '']) assert.equal(await refreshed(value), value);
  for (const value of [5, {}, ['abc'], true]) await assert.rejects(refreshed(value), { name: 'TypeError', message: 'A token or ticket is a string.' });
  for (const value of ['a\nb', 'x'.repeat(16_385)]) await assert.rejects(refreshed(value), RangeError);
  assert.equal(await refreshed('x'.repeat(16_384)), 'x'.repeat(16_384));
});

test('A ticket is checked as a token is, and goes in hello', async () => {
  for (const ticket of [5, {}]) await assert.rejects(new Credentials({ ticket: () => /** @type {any} */ (ticket) }).offer('connect'), TypeError);
  for (const [ticket, auth] of /** @type {const} */ ([['t', { ticket: 't' }], [undefined, undefined], [null, undefined]])) assert.deepEqual((await new Credentials({ ticket: () => ticket }).offer('connect')).auth([]), auth);
});

test('Only a token can be had for a connection that is open; a ticket can be asked for again', () => {
  const can = (/** @type {import('../src/clientOptions.js').AirlockClientOptions} */ options) => (({ canRefresh, canAsk }) => [canRefresh, canAsk])(new Credentials(options));
  const source = () => 'abc';
  assert.deepEqual([can({ token: source }), can({ ticket: source }), can({}), can({ token: source, authIn: 'none' })], [[true, true], [false, true], [false, false], [false, false]]);
});
