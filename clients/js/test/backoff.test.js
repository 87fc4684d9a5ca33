import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/backoff.js';
import { readVectors } from './vectors.js';

const vectors = readVectors('retry');

test('The n-th delay lies within its bounds', () => {
  for (const { n, least, most } of vectors.backoff) {
    for (const [random, delay] of [[0, least], [1, most]]) {
      const backoff = new Backoff();
      for (let count = 1; count < n; count++) backoff.next('resume_later', null, 0.5);
      assert.equal(backoff.next('resume_later', null, random), delay, `n ${n}, random ${random}`);
    }
  }
});

test('A hint is used as it is plus up to a fifth', () => {
  for (const { retryAfter, least, most } of vectors.hint) {
    assert.equal(new Backoff().next('resume', retryAfter, 0), least);
    assert.equal(new Backoff().next('new', retryAfter, 1), most);
  }
});

test('Delays follow one another as the vectors tell', () => {
  for (const { closes, delays } of vectors.sequence) {
    const backoff = new Backoff();
    assert.deepEqual(closes.map((/** @type {any} */ close) => backoff.next(close.advice, close.retryAfter ?? null, 0)), delays);
    backoff.reset();
    assert.equal(backoff.next('resume', null, 0), 0);
    assert.equal(backoff.next('resume', null, 0), 250);
  }
});
