// Messages both ways: numbers, credit, acknowledgements, provisional data, receipts (spec/wire.md §4 and §5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AirlockClosed, MessageRefused } from '../src/index.js';
import { Scene, frames, settle } from './virtual.js';

/** @param {number} s @param {unknown} b @param {object} [fields] */
const data = (s, b, fields = {}) => ({ t: 'data', s, b, ...fields });

test('Messages sent before ready wait for it and keep their order', async () => {
  const scene = new Scene();
  scene.client.send('one', { id: 'a' });
  const socket = (await scene.socket()).accept().say(frames.open());
  scene.client.send('two', { id: 'b' });
  socket.say(frames.authed());
  assert.deepEqual(socket.of('data'), []);
  socket.say(frames.ready());
  assert.deepEqual(socket.of('data'), [{ t: 'data', s: 1, id: 'a', b: 'one' }, { t: 'data', s: 2, id: 'b', b: 'two' }]);
});

test('No more is sent than the window allows', async () => {
  const scene = new Scene();
  for (let n = 1; n <= 5; n++) scene.client.send(n);
  const socket = await scene.ready({ window: 2 });
  assert.deepEqual(socket.of('data').map(({ s }) => s), [1, 2]);
  socket.say({ t: 'ack', a: 2, d: 0 });
  assert.equal(socket.of('data').length, 2);
  socket.say({ t: 'ack', a: 2, d: 1 });
  assert.deepEqual(socket.of('data').map(({ s }) => s), [1, 2, 3]);
  socket.say(data(1, 'push', { a: 3, d: 3 }));
  assert.deepEqual(socket.of('data').map(({ s }) => s), [1, 2, 3, 4, 5]);
});

test('A receipt is settled when the message is done, not when it is stored', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  const receipt = scene.client.send({ question: 1 });
  let settled = false;
  void receipt.done.then(() => { settled = true; });
  socket.say({ t: 'ack', a: 1, d: 0 });
  await settle();
  assert.equal(settled, false);
  assert.deepEqual(scene.client.pending.map(({ id, payload }) => [id, payload]), [[receipt.id, { question: 1 }]]);
  socket.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(await receipt.done, { stopped: false });
  assert.deepEqual(scene.client.pending, []);
});

test('A nack refuses the receipt', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  const failed = scene.client.send(1, { id: 'bad' });
  const repeated = scene.client.send(2, { id: 'again' });
  socket.say({ t: 'nack', s: 1, re: 1, cause: 'handler_failed' });
  assert.deepEqual(scene.client.pending, [repeated], 'refused, though not done');
  socket.say({ t: 'ack', a: 1, d: 1 }, { t: 'nack', s: 2, re: 2, cause: 'duplicate', status: 'done', a: 2, d: 2 });
  await assert.rejects(failed.done, (error) => error instanceof MessageRefused && error.cause === 'handler_failed' && error.id === 'bad');
  await assert.rejects(repeated.done, (error) => error instanceof MessageRefused && error.cause === 'duplicate' && error.status === 'done');
  assert.deepEqual(scene.of('nack').map(({ id, cause }) => [id, cause]), [['bad', 'handler_failed'], ['again', 'duplicate']]);
});

test('d may come before the frames of the turn it covers', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  const failed = scene.client.send(1, { id: 'a' });
  const answered = scene.client.send(2, { id: 'b' });
  socket.text(JSON.stringify([data(1, 'part', { re: 1, try: 1, p: true, a: 2, d: 2 }), { t: 'void', s: 2, re: 1, try: 1 }, { t: 'nack', s: 3, re: 1, cause: 'handler_failed' }]));
  socket.say(data(4, 'part', { re: 2, try: 1, p: true }), { t: 'end', s: 5, re: 2, try: 1 });
  await assert.rejects(failed.done, MessageRefused);
  await answered.done;
  assert.deepEqual(['message', 'void', 'nack', 'end'].flatMap((type) => scene.of(type).map(({ id }) => id)), ['a', 'b', 'a', 'a', 'b']);
});

test('Stop is told at once, and behind its message if that still waits', async () => {
  const scene = new Scene();
  const socket = await scene.ready({ window: 1 });
  const first = scene.client.send('one');
  const second = scene.client.send('two', { id: 'second' });
  assert.equal(scene.client.stop(first), true);
  assert.equal(scene.client.stop(first), true);
  assert.equal(scene.client.stop('second'), true);
  assert.deepEqual(socket.of('stop'), [{ t: 'stop', s: 1 }]);
  socket.say({ t: 'end', s: 1, re: 1, try: 1, stopped: true, a: 1, d: 1 });
  assert.deepEqual(await first.done, { stopped: true });
  assert.deepEqual(socket.sent.slice(-2).map(({ t, s }) => [t, s]), [['data', 2], ['stop', 2]]);
  assert.equal(scene.client.stop(first), false);
  assert.equal(scene.client.stop('unknown'), false);
  assert.deepEqual(scene.client.pending, [second]);
});

test('Messages tell what they answer and whether they are provisional', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  scene.client.send('question', { id: 'q' });
  socket.say(data(1, 'pushed'), data(2, 'part', { re: 1, try: 1, p: true }), { t: 'void', s: 3, re: 1, try: 1 }, data(4, 'part', { re: 1, try: 2, p: true }),
    data(5, 'whole', { re: 1, try: 2 }), { t: 'end', s: 6, re: 1, try: 2, a: 1, d: 1 });
  assert.deepEqual(scene.of('message').map(({ payload, provisional, re, id, try: attempt, sequence }) => [payload, provisional, re, id, attempt, sequence]), [
    ['pushed', false, null, null, null, 1], ['part', true, 1, 'q', 1, 2], ['part', true, 1, 'q', 2, 4], ['whole', false, 1, 'q', 2, 5],
  ]);
  assert.deepEqual(scene.of('void'), [{ re: 1, try: 1, id: 'q', cause: 'try_failed' }]);
  assert.deepEqual(scene.of('end'), [{ re: 1, try: 2, id: 'q', stopped: false }]);
});

test('Handled messages are acknowledged after 200 ms, and 32 at once', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(data(1, 'a'), data(2, 'b'));
  await scene.advance(199);
  assert.deepEqual(socket.of('ack'), []);
  await scene.advance(1);
  assert.deepEqual(socket.of('ack'), [{ t: 'ack', a: 2 }]);
  socket.say(data(3, 3));
  await scene.advance(150);
  socket.say(data(4, 4));
  await scene.advance(49);
  assert.equal(socket.of('ack').length, 1);
  await scene.advance(1);
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 4 }, 'what is handled meanwhile does not put it off');
  for (let s = 5; s <= 36; s++) socket.say(data(s, s));
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 36 });
  await scene.advance(1000);
  assert.equal(socket.of('ack').length, 3);
});

test('An acknowledgement rides on a message', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(data(1, 'a'));
  scene.client.send('b');
  assert.equal(socket.of('data')[0].a, 1);
  await scene.advance(1000);
  assert.deepEqual(socket.of('ack'), []);
});

test('An asynchronous listener holds the acknowledgement and the next message', async () => {
  const scene = new Scene({ listen: false });
  /** @type {unknown[]} */
  const seen = [];
  let go = () => {};
  scene.client.addEventListener('message', async ({ detail }) => {
    seen.push(detail.payload);
    await new Promise((/** @type {(value: void) => void} */ resolve) => { go = resolve; });
  });
  const socket = await scene.ready();
  socket.say(data(1, 'a'), data(2, 'b'));
  await scene.advance(1000);
  assert.deepEqual(seen, ['a']);
  assert.deepEqual(socket.of('ack'), []);
  go();
  await scene.advance(1000);
  assert.deepEqual(seen, ['a', 'b']);
  assert.deepEqual(socket.of('ack'), [{ t: 'ack', a: 1 }]);
});

test('Without a consumer messages wait; an iterator acknowledges when the next is asked for', async () => {
  const scene = new Scene({ listen: false });
  const socket = await scene.ready();
  socket.say(data(1, 'a'), data(2, 'b'));
  await scene.advance(1000);
  assert.deepEqual(socket.of('ack'), []);
  const messages = scene.client.messages();
  assert.throws(() => scene.client.messages(), /another iterator/);
  assert.equal((await messages.next()).value.payload, 'a');
  await scene.advance(1000);
  assert.deepEqual(socket.of('ack'), []);
  assert.equal((await messages.next()).value.payload, 'b');
  await scene.advance(1000);
  assert.deepEqual(socket.of('ack'), [{ t: 'ack', a: 1 }]);
  await messages.return?.();
  await scene.advance(1000);
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 2 });
});

test('The iterator ends with the client', async () => {
  const orderly = new Scene({ listen: false });
  await orderly.ready();
  const done = orderly.client.messages().next();
  void orderly.client.close();
  assert.deepEqual(await done, { done: true, value: undefined });

  const refused = new Scene({ listen: false });
  const socket = await refused.ready();
  socket.say(data(1, 'last words')).say(frames.closing(4031, 'superseded')).lose(4031);
  const messages = refused.client.messages();
  assert.equal((await messages.next()).value.payload, 'last words');
  await assert.rejects(messages.next(), (error) => error instanceof AirlockClosed && error.cause === 'superseded');
  assert.equal((await messages.next()).done, true);
});

test('Impossible numbers are violations', async () => {
  const cases = [
    data(2, 'gap'), data(1, 'answer to nothing', { re: 1, try: 1 }), { t: 'nack', s: 1, re: 3, cause: 'handler_failed' }, { t: 'ack', a: 1, d: 0 },
    { t: 'ack', a: 0, d: 1 }, data(1, 'x', { d: 2 }), data(0, 'zero'), data(1.5, 'half'), data(-1, 'less'), { t: 'end', s: 1, re: 9, try: 1 },
  ];
  for (const frame of cases) {
    const scene = new Scene();
    const socket = await scene.ready();
    socket.say(frame);
    assert.equal(socket.closed?.code, 4902, JSON.stringify(frame));
  }
});

test('A repeated number is not delivered twice', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(data(1, 'a'), data(1, 'a'), data(2, 'b'));
  assert.deepEqual(scene.of('message').map(({ payload }) => payload), ['a', 'b']);
  assert.equal(socket.closed, null);
});

test('What cannot be sent is refused by send itself', async () => {
  const scene = new Scene({ queueMax: 2 });
  assert.throws(() => scene.client.send(undefined), TypeError);
  assert.throws(() => scene.client.send('x', { id: '' }), RangeError);
  assert.throws(() => scene.client.send('x', { id: 'with space' }), RangeError);
  assert.throws(() => scene.client.send('x', { id: 'x'.repeat(65) }), RangeError);
  assert.throws(() => scene.client.send('x'.repeat(65_536)), RangeError);
  const nested = (/** @type {number} */ levels) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.throws(() => scene.client.send(nested(63)), { name: 'RangeError', message: 'A payload nests at most 62 levels.' });
  scene.client.send(nested(62), { id: 'deep' });
  assert.throws(() => scene.client.send('x', { id: 'deep' }), /pending/);
  scene.client.send('brackets in [[[[ text "[[" ');
  assert.throws(() => scene.client.send('x'), /not finished/);
});

test('A message that this server finds too large is refused, and the next takes its number', async () => {
  const scene = new Scene();
  const large = scene.client.send('x'.repeat(2000));
  scene.client.send('small');
  const socket = await scene.ready({}, { limits: { message: 1000, frames: 256 } });
  await assert.rejects(large.done, (error) => error instanceof MessageRefused && error.cause === 'message_too_large');
  assert.deepEqual(socket.of('data').map(({ s, b }) => [s, b]), [[1, 'small']]);
});

test('Listeners can be removed, and run once', async () => {
  const scene = new Scene({ listen: false });
  const socket = await scene.ready();
  /** @type {string[]} */
  const seen = [];
  const listener = () => { seen.push('removed'); };
  const object = { handleEvent: (/** @type {{ detail: { payload: unknown } }} */ { detail }) => { seen.push(String(detail.payload)); } };
  scene.client.addEventListener('message', listener);
  scene.client.addEventListener('message', object, { once: true });
  scene.client.removeEventListener('message', listener);
  socket.say(data(1, 'a'), data(2, 'b'));
  assert.deepEqual(seen, ['a']);
});

test('What nobody misses is acknowledged also where nobody listens, and a message waits', async () => {
  const scene = new Scene({ listen: 'never' });
  const socket = await scene.ready();
  const { done } = scene.client.send('ask', { id: 'a' });
  socket.say({ t: 'weather', s: 1 }, { t: 'nack', s: 2, re: 1, cause: 'handler_failed', a: 1, d: 1 }, { t: 'end', s: 3, re: 1, try: 1 }, { t: 'void', s: 4, re: 1, try: 2 });
  await assert.rejects(done, { cause: 'handler_failed' });
  await scene.advance(200);
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 4 });
  socket.say(data(5, 'unread'));
  await scene.advance(1_000);
  assert.deepEqual(socket.of('ack').at(-1), { t: 'ack', a: 4 });
});

test('What is unfinished is bounded in bytes, too, until it is done', async () => {
  const scene = new Scene({ queueBytesMax: 10 });
  assert.throws(() => scene.client.send('x'.repeat(9)), { cause: 'queue_full' });
  scene.client.send('x'.repeat(4));
  assert.throws(() => scene.client.send('ü'.repeat(2)), { cause: 'queue_full' }, 'six bytes, two with the quotes');
  scene.client.send('xx');
  (await scene.ready()).say({ t: 'ack', a: 2, d: 2 });
  scene.client.send('ü'.repeat(4));
});

test('An answer to a message that is not remembered any more is given, and names no message', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  for (const id of ['a', 'b']) scene.client.send(id, { id });
  socket.say({ t: 'ack', a: 2, d: 2 }, data(1, 'to b', { re: 2, try: 1 }), data(2, 'to a', { re: 1, try: 1 }));
  assert.deepEqual(scene.of('message').map(({ payload, re, id }) => [payload, re, id]), [['to b', 2, 'b'], ['to a', 1, null]]);
});
