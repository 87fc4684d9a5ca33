import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOSSES_MAX, Losses, lossBehind } from '../src/losses.js';

/** @type {import('../src/frame.js').LostRange[]} */
const all = [{ direction: 'down', from: 1, to: null }];

test('What was not kept stays this client\'s to tell, whoever goes on with what was', () => {
  const losses = new Losses();
  losses.add('kept', all, { handled: 0, arrived: 0 });
  losses.markKept();
  losses.add('own', all, { handled: 0, arrived: 0 });
  losses.leave();
  assert.deepEqual(losses.sessions, ['own']);
  assert.deepEqual(losses.take(), { left: ['kept'], told: [{ session: 'own', lost: all }] });
});

test('Of more than are kept the oldest stay this client\'s', () => {
  const losses = new Losses();
  for (let n = 0; n <= LOSSES_MAX; n++) losses.add(`s${n}`, all, { handled: 0, arrived: 0 });
  assert.deepEqual(losses.stored(() => []).map(({ session }) => session), Array.from({ length: LOSSES_MAX }, (_, n) => `s${n + 1}`));
  losses.markKept();
  losses.leave();
  assert.deepEqual(losses.sessions, ['s0']);
});

test('How far the application is with a session that is gone is known until it was told the loss, and never goes back', () => {
  const losses = new Losses();
  losses.add('s', all, { handled: 2, arrived: 5 });
  assert.deepEqual([losses.handledOf('s'), losses.handledOf('other')], [2, null]);
  losses.handle('s', 4);
  losses.handle('s', 3);
  losses.handle('other', 3);
  assert.deepEqual([losses.handledOf('s'), losses.handledOf('other')], [4, null]);
  assert.deepEqual(losses.take().told, [{ session: 's', lost: [{ direction: 'down', from: 6, to: null }] }], 'what has arrived is not lost');
  assert.deepEqual(losses.take().told, [], 'once');
  assert.deepEqual(losses.stored(() => [])[0], { session: 's', received: 4, lost: all, open: [] });
  losses.told('s');
  assert.equal(losses.handledOf('s'), null);
});

test('Only what lies behind what has arrived is lost, and what was sent and not handled', () => {
  const up = /** @type {const} */ ({ direction: 'up', from: 2, to: 3 });
  assert.deepEqual(lossBehind(4, [{ direction: 'down', from: 1, to: 4 }, up]), [up]);
  assert.deepEqual(lossBehind(4, [{ direction: 'down', from: 1, to: 5 }, { direction: 'down', from: 9, to: null }]), [{ direction: 'down', from: 5, to: 5 }, { direction: 'down', from: 9, to: null }]);
});
