import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Delivery } from '../src/delivery.js';

/** @param {number} s @param {number} [epoch] */
const item = (s, epoch = 0) => /** @type {import('../src/item.js').Item} */ ({ type: 'unknown', detail: null, epoch, session: `s${epoch}`, s, re: null });

/** A delivery whose application takes an item, or leaves it, when the test says so. */
function scene() {
  /** @type {number[]} */
  const given = [];
  /** @type {number[]} */
  const handled = [];
  /** @type {((wasTaken: boolean) => void)[]} */
  const answers = [];
  const delivery = new Delivery({
    dispatch: ({ s }) => {
      given.push(Number(s));
      return new Promise((resolve) => { answers.push(resolve); });
    },
    hasConsumer: () => true,
    handled: ({ s }) => { handled.push(Number(s)); },
  });
  const answer = async (/** @type {boolean} */ wasTaken) => {
    answers.shift()?.(wasTaken);
    await null;
    await null;
  };
  return { delivery, given, handled, answer };
}

test('What nobody took is given again, and first, whatever else was given up meanwhile', async () => {
  const { delivery, given, handled, answer } = scene();
  for (const each of [item(1), item(2, 1), item(3)]) delivery.push(each);
  delivery.forget(({ epoch }) => epoch === 1);
  await answer(false);
  assert.deepEqual([given, handled], [[1, 1], []]);
  await answer(true);
  await answer(true);
  assert.deepEqual([given, handled], [[1, 1, 3], [1, 3]]);
});

test('What is given up while it is in hand is not given again, and counts as handled if it was taken', async () => {
  for (const wasTaken of [false, true]) {
    const { delivery, given, handled, answer } = scene();
    delivery.push(item(1));
    delivery.push(item(2, 1));
    delivery.forget(({ epoch }) => epoch === 0);
    await answer(wasTaken);
    assert.deepEqual([given, handled], [[1, 2], wasTaken ? [1] : []]);
  }
});

test('After the stop nothing is given', async () => {
  const { delivery, given, answer } = scene();
  delivery.push(item(1));
  delivery.push(item(2));
  delivery.stop();
  await answer(false);
  assert.deepEqual(given, [1]);
});
