import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCapability, isId, isName, isProof, isSecret, nesting } from '../src/wireText.js';

test('Only a string is a text, and nothing that looks like one', () => {
  for (const is of [isId, isName, isSecret, isCapability, isProof]) {
    assert.equal(is('abc'), true, is.name);
    for (const value of [['abc'], { length: 3 }, 3, null, undefined, true, '']) assert.equal(is(value), false, `${is.name} ${JSON.stringify(value)}`);
  }
});

test('A name has 1 to 128 characters, a secret 16,384, and neither a control character nor half of a pair', () => {
  for (const [is, most] of /** @type {const} */ ([[isName, 128], [isSecret, 16_384]])) {
    assert.deepEqual([is('x'.repeat(most)), is('x'.repeat(most + 1)), is('ü 🙂'), is('a\u0000'), is('a\u007f'), is('\ud800')], [true, false, true, false, false, false]);
  }
});

test('Brackets in a text do not nest, wherever its quotes stand', () => {
  for (const [text, levels] of /** @type {const} */ ([['"[[[["', 0], ['["a[[b",["[["]]', 2], ['["\\"[[",1]', 1], ['{"a":"]]","b":[{"c":"}"}]}', 3], ['["ab","cd",["[[["]]', 2]])) assert.equal(nesting(text), levels, text);
});
