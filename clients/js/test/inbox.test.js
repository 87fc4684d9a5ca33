import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError } from '../src/frame.js';
import { Inbox, UNHANDLED_MAX } from '../src/inbox.js';

test('The next number is taken, a repeat ignored, a gap refused', () => {
  const inbox = new Inbox();
  assert.equal(inbox.accept(1), true);
  assert.equal(inbox.accept(1), false);
  assert.throws(() => inbox.accept(3), FrameError);
  assert.equal(inbox.accept(2), true);
  assert.deepEqual([inbox.arrived, inbox.handled], [2, 0]);
});

test('What waits for the application is bounded', () => {
  const inbox = new Inbox();
  for (let s = 1; s <= UNHANDLED_MAX; s++) inbox.accept(s);
  assert.throws(() => inbox.accept(UNHANDLED_MAX + 1), FrameError);
  inbox.handle(1);
  assert.equal(inbox.accept(UNHANDLED_MAX + 1), true);
});

test('A try is open until it is settled or its session withdrawn, and is another one in another session', () => {
  const inbox = new Inbox();
  inbox.opened('s1', { re: 1, try: 1, id: 'a' });
  inbox.opened('s1', { re: 1, try: 1, id: 'a' });
  inbox.opened('s1', { re: 1, try: 2, id: 'a' });
  inbox.settled('s1', { re: 1, try: 1 });
  inbox.reset();
  inbox.opened('s2', { re: 1, try: 2, id: 'b' });
  inbox.settled('s2', { re: 1, try: 1 });
  assert.deepEqual([inbox.openOf('s1'), inbox.openOf('s2')], [[{ re: 1, try: 2, id: 'a' }], [{ re: 1, try: 2, id: 'b' }]]);
  inbox.withdraw('s1');
  assert.deepEqual([inbox.openOf('s1'), inbox.openOf('s2').length], [[], 1]);
});

test('A number in hand while its session was left and came back has arrived once it is handled', () => {
  const inbox = new Inbox();
  inbox.accept(1);
  // Another session, and this one again, where somebody else had been with it: nothing of it had been handled there.
  inbox.reset();
  inbox.restore(0, 's', [], []);
  inbox.handle(1);
  assert.deepEqual([inbox.arrived, inbox.handled, inbox.received], [1, 1, 1]);
  assert.equal(inbox.accept(1), false);
  assert.equal(inbox.accept(2), true);
});
