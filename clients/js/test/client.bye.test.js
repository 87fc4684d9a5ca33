// What becomes of a session that an application has said `end` to, where others have it too, and of what was sent behind that (spec/client.md, Start and end).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStorage, Scene, frames } from './virtual.js';

/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });
/** @param {import('./virtual.js').ScriptedSocket} socket */
const written = (socket) => socket.sent.slice(1).flatMap(({ t, s, id }) => (t === 'data' ? [[s, id]] : t === 'bye' ? [t] : []));
/** The server has nothing left to do. @param {import('./virtual.js').ScriptedSocket} socket */
const close = (socket) => socket.say(frames.closing(1000, 'bye')).lose(1000, 'bye');
/** The next connection, in a session of its own. @param {Scene} scene @param {string} session */
async function next(scene, session) {
  await scene.advance(500);
  const socket = (await scene.socket()).accept().say(frames.open({ connection: session }));
  assert.equal(socket.of('hello')[0].resume, undefined);
  return socket.say(frames.authed(), frames.ready({ session }));
}

for (const isKept of [true, false]) {
  test(`What another client of the page has sent behind a bye goes into the next session, which is ended too; the bye was ${isKept ? '' : 'not '}kept`, async () => {
    const storage = new MemoryStorage();
    const ending = new Scene({ storage });
    const first = await ending.ready();
    ending.client.send('one', { id: 'one' });
    first.say({ t: 'ack', a: 1, d: 1 });
    let ended = isKept ? ending.client.end() : null;
    const other = new Scene({ storage });
    ended ??= ending.client.end();
    other.client.send('other', { id: 'other' });
    assert.deepEqual(written(first), [[1, 'one'], 'bye']);
    first.lose();
    await ending.advance(0);

    const second = (await ending.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ received: 1, done: 1 }));
    assert.deepEqual(written(second), ['bye'], 'a new message after bye is refused for ever');
    close(second);
    assert.deepEqual([ending.client.state.final, ending.client.pending.map(({ id }) => id)], [false, ['other']]);
    const last = await next(ending, 's2');
    assert.deepEqual(written(last), [[1, 'other'], 'bye']);
    close(last.say({ t: 'ack', a: 1, d: 1 }));
    await ended;
    assert.deepEqual([storage.items.size, ending.of('lost')], [0, []]);
  });
}

test('Who says end behind an earlier page\'s, with messages of its own, ends the session of each', async () => {
  const storage = new MemoryStorage();
  const before = new Scene({ storage });
  await before.ready();
  void before.client.end().catch(() => undefined);
  const after = new Scene({ storage });
  after.client.send('own', { id: 'own' });
  const ended = after.client.end();
  const socket = (await after.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed());
  assert.deepEqual(written(socket), ['bye']);
  close(socket);
  const last = await next(after, 's2');
  assert.deepEqual(written(last), [[1, 'own'], 'bye']);
  close(last.say({ t: 'ack', a: 1, d: 1 }));
  await ended;
  assert.equal(storage.items.size, 0);
});

test('Who says end where a copy of the tab has said so before is refused nothing', async () => {
  const scene = new Scene({ storage: new MemoryStorage() });
  const first = await scene.ready();
  scene.client.send('own', { id: 'own' });
  const ended = scene.client.end();
  first.say(frames.closing(4018, 'frame_out_of_phase')).lose(4018, 'frame_out_of_phase');
  assert.equal(scene.client.state.final, false);
  const last = await next(scene, 's2');
  assert.deepEqual(written(last), [[1, 'own'], 'bye']);
  close(last.say({ t: 'ack', a: 1, d: 1 }));
  await ended;
});

test('What was written while the server closed behind a bye that this client knows nothing of is sent again', async () => {
  const scene = new Scene({ storage: new MemoryStorage() });
  const first = await scene.ready();
  scene.client.send('done', { id: 'done' });
  first.say({ t: 'ack', a: 1, d: 1 });
  const receipt = scene.client.send('unread', { id: 'unread' });
  assert.deepEqual(written(close(first)), [[1, 'done'], [2, 'unread']]);
  const second = await next(scene, 's2');
  assert.deepEqual(written(second), [[1, 'unread']]);
  second.say({ t: 'ack', a: 1, d: 1 });
  assert.deepEqual(await receipt.done, { stopped: false });
});

test('A session that ends with bye while the next connection is being made is over, whatever that one is told', async () => {
  for (const [isLeft, hasAsked] of [[false, false], [false, true], [true, false], [true, true]]) {
    const storage = new MemoryStorage();
    const before = new Scene({ storage });
    await before.ready();
    void before.client.end().catch(() => undefined);
    const scene = new Scene({ storage });
    const first = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }), frames.authed(), resumed({ previous: { connection: 'c1', code: 4031, cause: 'superseded' } }), { t: 'drain', delay: 500, by: 5_010_000 });
    if (isLeft) scene.client.send('left', { id: 'left' });
    const ended = scene.client.end();
    await scene.advance(500);
    const relief = await scene.socket();
    assert.notEqual(relief, first);
    relief.accept();
    if (hasAsked) relief.say(frames.open({ connection: 'c3' }));
    close(first);
    if (isLeft) {
      if (!hasAsked) relief.say(frames.open({ connection: 'c3' }));
      relief.say(frames.authed(), frames.ready({ session: 's2', lost: [{ direction: 'down', from: 1, to: null }] }));
      assert.deepEqual(written(relief), [[1, 'left'], 'bye']);
      close(relief.say({ t: 'ack', a: 1, d: 1 }));
    } else assert.equal(relief.closed?.code, 1000);
    await ended;
    assert.deepEqual([scene.of('lost'), storage.items.size], [[], 0]);
  }
});
