import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError } from '../src/frame.js';
import { Outbox } from '../src/outbox.js';
import { Receipt } from '../src/receipt.js';
import { seeds } from './random.js';

/** @param {string} id */
const message = (id) => Receipt.messageOf(new Receipt(id, '1'));

test('A number is a place: next in order, nothing beyond the window', () => {
  const outbox = new Outbox();
  for (const id of ['a', 'b', 'c']) outbox.append(message(id));
  assert.deepEqual([outbox.peek(2)?.s, outbox.peek(2)?.message.id], [1, 'a']);
  outbox.advance();
  outbox.advance();
  assert.equal(outbox.peek(2), null);
  outbox.acknowledge(2, 1, 0);
  assert.deepEqual([outbox.peek(2)?.s, outbox.peek(2)?.message.id], [3, 'c']);
});

test('Numbers that were never sent are refused', () => {
  const outbox = new Outbox();
  outbox.append(message('a'));
  assert.throws(() => outbox.acknowledge(1, 0, 0), FrameError);
  assert.throws(() => outbox.acknowledge(null, 1, 0), FrameError);
  assert.throws(() => outbox.resume(2, 0, 0), FrameError);
  outbox.advance();
  outbox.acknowledge(1, 1, 0);
  assert.throws(() => outbox.resume(0, 0, 0), FrameError, 'a server that forgets');
});

test('A message that is dropped leaves its number to the next', () => {
  const outbox = new Outbox();
  for (const id of ['a', 'b', 'c']) outbox.append(message(id));
  outbox.advance();
  outbox.drop();
  assert.deepEqual([outbox.peek(9)?.s, outbox.peek(9)?.message.id], [2, 'c']);
});

test('A finished message is known by its number until a later one is answered', () => {
  const outbox = new Outbox();
  for (const id of ['a', 'b']) {
    outbox.append(message(id));
    outbox.advance();
  }
  outbox.acknowledge(2, 2, 5);
  outbox.settle(4);
  outbox.forget(2);
  assert.equal(outbox.at(1)?.id, 'a', 'not settled');
  outbox.settle(5);
  outbox.forget(1);
  assert.equal(outbox.at(1)?.id, 'a', 'answered');
  outbox.forget(2);
  assert.deepEqual([outbox.at(1), outbox.at(2)?.id], [null, 'b']);
});

test('Messages that nothing answers are remembered up to a limit', () => {
  const outbox = new Outbox();
  for (let n = 1; n <= 2000; n++) {
    outbox.append(message(`m${n}`));
    outbox.advance();
    outbox.acknowledge(n, n, 0);
    outbox.settle(0);
  }
  assert.equal(outbox.answered.length, 1024);
  assert.equal(outbox.at(2000)?.id, 'm2000');
});

test('Against a server in the model: everything is done once and in order, whatever is cut', () => {
  seeds(400, (random) => {
    const outbox = new Outbox();
    const window = 1 + Math.floor(random() * 5);
    let server = { stored: 0, done: 0 };
    /** @type {string[]} */
    const handled = [];
    /** @type {string[]} */
    let contents = [];
    let appended = 0;
    for (let step = 0; step < 120 || handled.length < appended; step++) {
      const dice = step < 120 ? random() : 0.3 + random() * 0.5;
      if (dice < 0.3) outbox.append(message(`m${++appended}`));
      else if (dice < 0.5) {
        const next = outbox.peek(window);
        if (!next) continue;
        outbox.advance();
        assert.ok(next.s <= outbox.done + window);
        if (random() < 0.8 && next.s === server.stored + 1) {
          contents[next.s] = next.message.id;
          server.stored = next.s;
        } else if (next.s <= server.stored) assert.equal(contents[next.s], next.message.id, 'a number denotes one content for ever');
      } else if (dice < 0.7) {
        if (server.done < server.stored) handled.push(contents[++server.done] ?? '');
        if (random() < 0.6) outbox.acknowledge(server.stored, server.done, 0);
      } else if (dice < 0.95) {
        outbox.resume(server.stored, server.done, 0);
      } else if (outbox.done === server.done) {
        // A new session: only what is known to be done is not sent again.
        outbox.renumber();
        server = { stored: 0, done: 0 };
        contents = [];
      }
      assert.ok(outbox.done <= outbox.transmitted && outbox.transmitted <= outbox.last && outbox.transmitted <= outbox.written);
      assert.equal(outbox.bytes, outbox.messages.reduce((sum, { b }) => sum + Buffer.byteLength(b), 0));
    }
    assert.deepEqual(handled, Array.from({ length: appended }, (_, place) => `m${place + 1}`));
  });
});

test('What is known to have ended is not sent again in a new session, though its done was never told', async () => {
  const outbox = new Outbox();
  const receipts = ['stopped', 'refused', 'open'].map((id) => new Receipt(id, '1'));
  const [stopped, refused, open] = receipts.map(Receipt.messageOf);
  for (const each of [stopped, refused, open]) if (each) outbox.append(each);
  if (stopped) stopped.stopped = true;
  if (refused) outbox.refuse(refused, { cause: 'handler_failed', status: null });
  outbox.renumber();
  assert.deepEqual([outbox.messages.map(({ id }) => id), outbox.bytes, outbox.peek(9)?.s], [['open'], 1, 1]);
  assert.deepEqual(await receipts[0]?.done, { stopped: true });
  await assert.rejects(receipts[1]?.done ?? Promise.resolve(), /handler_failed/);
});

test('Everything that is unfinished counts as kept once it was, and nothing that comes after', () => {
  const outbox = new Outbox();
  for (const id of ['a', 'b', 'c']) outbox.append(message(id));
  outbox.markKept();
  outbox.append(message('d'));
  assert.deepEqual(outbox.messages.map(({ kept }) => kept === true), [true, true, true, false]);
});
