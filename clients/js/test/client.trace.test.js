// What a client tells for the server's traces and about ends that it saw (spec/wire.md §3 and §4).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeData } from '../src/frameWriter.js';
import { traceparentOf } from '../src/trace.js';
import { MemoryStorage, Scene, frames } from './virtual.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** @param {object} [fields] */
const resumed = (fields = {}) => frames.ready({ resume: 'resumed', generation: 2, attempt: 2, ...fields });

/** The next connection, up to its `hello`. @param {Scene} scene @param {string} connection */
async function redial(scene, connection) {
  await scene.advance(60_000);
  const socket = (await scene.socket()).accept().say(frames.open({ connection }));
  return { socket, hello: socket.of('hello')[0] };
}

test('Only a traceparent of version 00 is one, and one that cannot be had is none', () => {
  assert.equal(traceparentOf(TRACE), TRACE);
  assert.equal(traceparentOf(() => TRACE), TRACE);
  const thrown = () => { throw new Error('There is none.'); };
  for (const bad of [undefined, null, '', `01${TRACE.slice(2)}`, TRACE.toUpperCase(), `${TRACE}-x`, `00-${'0'.repeat(32)}${TRACE.slice(35)}`, `${TRACE.slice(0, 36)}${'0'.repeat(16)}-01`, `${TRACE.slice(0, 54)}"`, thrown, /** @type {any} */ (1)]) {
    assert.equal(traceparentOf(bad), undefined, String(bad));
  }
});

test('What the application is doing goes with the first connection and with each message', async () => {
  let trace = TRACE;
  const scene = new Scene({ traceparent: () => trace });
  const socket = await scene.ready();
  assert.equal(socket.of('hello')[0].traceparent, TRACE);
  trace = TRACE.replace('b7ad', 'c7ad');
  scene.client.send(1);
  scene.client.send(2, { traceparent: TRACE });
  scene.client.send(3, { traceparent: 'nonsense' });
  assert.deepEqual(socket.of('data').map(({ traceparent }) => traceparent), [trace, TRACE, undefined]);
  socket.lose();
  assert.equal((await redial(scene, 'c2')).hello.traceparent, undefined);
  const plain = await new Scene().ready();
  assert.equal('traceparent' in plain.of('hello')[0], false);
});

test('A message that fits only without its trace goes without it', async () => {
  const scene = new Scene({ traceparent: TRACE });
  const socket = await scene.ready();
  const room = 65_536 - writeData(Number.MAX_SAFE_INTEGER, 'a', '""', Number.MAX_SAFE_INTEGER).length;
  scene.client.send('x'.repeat(room), { id: 'a' });
  assert.deepEqual(socket.of('data').map(({ b, traceparent }) => [b.length, traceparent]), [[room, undefined]]);
});

test('A resume tells how the connection before ended: code, cause and silence', async () => {
  const scene = new Scene();
  const first = await scene.ready();
  await scene.advance(7_000);
  first.lose();
  const second = await redial(scene, 'c2');
  assert.deepEqual(second.hello.saw, [{ connection: 'c1', code: 1006, cause: 'transport_lost', silence: 7_000 }]);
  second.socket.say(frames.authed(), resumed(), frames.closing(4202, 'moved', { retry: 'resume' })).lose(4202);
  const third = await redial(scene, 'c3');
  assert.deepEqual(third.hello.saw.map((/** @type {any} */ { connection, code, cause }) => [connection, code, cause]), [['c2', 4202, 'moved']], 'what was told is told once');
  third.socket.say(frames.closing(4250, 'Moved, dear log', { retry: 'resume' })).lose(4250);
  assert.deepEqual((await redial(scene, 'c4')).hello.saw.at(-1), { connection: 'c3', code: 4250, silence: 0 }, 'not any text is a cause');
});

test('Of many ends the first and the newest are told', async () => {
  const scene = new Scene();
  (await scene.ready()).lose();
  for (const connection of ['c2', 'c3', 'c4', 'c5', 'c6']) (await redial(scene, connection)).socket.lose();
  // One that was never opened is not the server's business.
  await scene.advance(60_000);
  (await scene.socket()).lose();
  assert.deepEqual((await redial(scene, 'c8')).hello.saw.map((/** @type {any} */ { connection }) => connection), ['c1', 'c4', 'c5', 'c6']);
});

test('A client that heard nothing says that it gave up', async () => {
  const scene = new Scene();
  await scene.ready();
  const second = await redial(scene, 'c2');
  assert.deepEqual(second.hello.saw, [{ connection: 'c1', code: 4903, cause: 'server_silent', silence: 50_000 }]);
});

test('A page that goes on with the session of an earlier one has seen no end, a new session has none, and a connection that is relieved is not over', async () => {
  const storage = new MemoryStorage();
  const scene = new Scene({ storage, storageKey: 'k' });
  const first = await scene.ready();
  assert.equal('saw' in first.of('hello')[0], false);
  first.say({ t: 'drain', delay: 0, by: 9_000_000 });
  await scene.advance(0);
  const next = (await scene.socket()).accept().say(frames.open({ connection: 'c2' }));
  assert.equal('saw' in next.of('hello')[0], false);
  next.say(frames.authed(), resumed());
  assert.equal(first.closed?.code, 4901);
  next.lose();
  assert.deepEqual((await redial(scene, 'c3')).hello.saw.map((/** @type {any} */ { connection }) => connection), ['c2']);

  const reloaded = new Scene({ storage, storageKey: 'k' });
  const socket = (await reloaded.socket()).accept().say(frames.open({ connection: 'c9' }));
  assert.deepEqual(socket.of('hello')[0].saw, []);
});

test('The timeline keeps every connection, its states and why it ended', async () => {
  const scene = new Scene();
  const socket = await scene.ready();
  socket.say(frames.closing(4201, 'no_pong', { message: 'Nothing was heard.' })).lose(4201);
  await scene.advance(0);
  await scene.ready({ resume: 'resumed', generation: 2, attempt: 2 }, { connection: 'c2' });
  const lines = scene.client.timeline.map(({ link, connection, state, cause, remark }) => [link, connection, state, cause ?? remark]);
  assert.deepEqual(lines, [
    [1, null, 'CONNECTING', null], [1, 'c1', 'ACCEPTED', null], [1, 'c1', 'AUTHENTICATED', null], [1, 'c1', 'SERVICES_READY', null],
    [1, 'c1', 'PROCESSING_READY', null], [1, 'c1', 'PROCESSING_READY', 'new session'], [1, 'c1', 'CLOSING', null], [1, 'c1', 'CLOSED', 'no_pong'],
    [2, null, 'CONNECTING', null], [2, 'c2', 'ACCEPTED', null], [2, 'c2', 'AUTHENTICATED', null], [2, 'c2', 'SERVICES_READY', null],
    [2, 'c2', 'PROCESSING_READY', null], [2, 'c2', 'PROCESSING_READY', 'session resumed'],
  ]);
});
