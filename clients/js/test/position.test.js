// What lies in a storage may be older than this code, damaged, or somebody else's: it is a position as a whole, or none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPosition } from '../src/position.js';

const whole = {
  version: 1, life: 2, writer: 'w', instance: 'i', user: 'ada', session: 's', attempt: 3, generation: 2, received: 4, done: 1, written: 2, bye: 2, dropped: null, proof: 'p', connections: ['c1'],
  messages: [{ id: 'm2', b: '1', stop: false }, { id: 'm3', b: '2', stop: true, stopped: true, refused: { cause: 'duplicate', status: 'pending' } }],
  answered: [{ s: 1, id: 'm1' }], open: [{ re: 1, try: 1, id: 'm1' }], losses: [{ session: 's0', received: 1, lost: [{ direction: 'down', from: 2, to: null }, { direction: 'up', from: 1, to: 1 }], open: [] }],
};

/** @param {object} fields */
const read = (fields) => readPosition(JSON.stringify({ ...whole, ...fields }));

test('A position is read as it was written, also by a client that knew less', () => {
  const { version, ...position } = whole;
  assert.deepEqual(read({}), { version, ...position });
  const { life, writer, generation, written, bye, dropped, proof, connections, losses, ...least } = whole;
  assert.deepEqual(readPosition(JSON.stringify(least)), { life: 0, writer: '', ...least });
  for (const fields of [{ user: null }, { session: null, dropped: 's' }, { proof: null }, { bye: null }, { connections: null }, { open: [{ re: 1, try: 1, id: null }] }, { messages: [{ ...whole.messages[0], refused: null }] }]) assert.ok(read(fields), JSON.stringify(fields));
});

test('What is damaged in one place is no position', () => {
  /** @type {Record<string, unknown[]>} */
  const wrong = {
    version: [0, 2, '1', null], life: [-1, 1.5, Number.MAX_SAFE_INTEGER, null], writer: ['', 1, null], instance: ['', null, 1, ['i'], 'i\n'], user: ['', 1, ['ada']], session: ['', 1, ['s']], attempt: [-1, '1', null], generation: [-1, null],
    received: [-1, 0.5, null], done: [-1, null], written: [-1, null], bye: [-1, '1'], dropped: ['', 1], proof: ['', 'ü', 1], connections: [{}, [''], [1]],
    messages: [null, {}, [null], [1], [{ b: '1', stop: false }], [{ id: '', b: '1', stop: false }], [{ id: 'a', b: '', stop: false }], [{ id: 'a', b: 1, stop: false }], [{ id: 'a', b: '1' }], [{ id: 'a', b: '1', stop: 1 }],
      [{ ...whole.messages[0], stopped: 1 }], [{ ...whole.messages[0], refused: {} }], [{ ...whole.messages[0], refused: { cause: 'x' } }], [{ ...whole.messages[0], refused: { cause: '', status: null } }], [{ ...whole.messages[0], refused: { cause: 'x', status: 1 } }]],
    answered: [null, [null], [{ s: 0, id: 'a' }], [{ s: 1, id: '' }], [{ s: 1 }]], open: [null, {}, [null], [{ re: 0, try: 1, id: null }], [{ re: 1, try: 0, id: null }], [{ re: 1, try: 1, id: '' }], [{ re: 1, try: 1, id: 1 }]],
    losses: [null, {}, [null], ...[{ session: '' }, { received: -1 }, { open: null }, { open: [null] }, { lost: null }, { lost: [null] }, { lost: [{ direction: 'aside', from: 1, to: 1 }] }, { lost: [{ direction: 'up', from: 0, to: 1 }] }, { lost: [{ direction: 'up', from: 2, to: 1 }] }]
      .map((fields) => [{ ...whole.losses[0], ...fields }])],
  };
  for (const [name, values] of Object.entries(wrong)) for (const value of values) assert.equal(read({ [name]: value }), null, `${name}: ${JSON.stringify(value)}`);
});

test('What is no position at all is none', () => {
  for (const text of [null, '', 'null', '1', '"s"', '[]', '{}', '{"version":1}', '{', 'undefined']) assert.equal(readPosition(text), null, String(text));
});
