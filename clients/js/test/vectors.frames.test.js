// What this client writes, against the vectors of what a client may write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { SERVER_REASONS } from '../src/index.js';
import { writeAck, writeBye, writeData, writeHello, writePong, writeRefresh, writeStop } from '../src/frameWriter.js';
import { writePayload } from '../src/payload.js';
import { MemoryStorage, Scene, frames, settle } from './virtual.js';
import { readVectors } from './vectors.js';

const vectors = readVectors('client-frames');

/** Optional fields as the writer wants them: left out. @param {any} frame */
const dense = (frame) => JSON.parse(JSON.stringify(frame, (_, value) => value ?? undefined));

/** @type {Record<string, (frame: any) => string>} */
const WRITERS = {
  hello: (frame) => writeHello(dense(frame)),
  data: ({ s, id, a, traceparent, b }) => writeData(s, id, writePayload(id, b, 65_536), a, traceparent),
  ack: ({ a }) => writeAck(a),
  stop: ({ s }) => writeStop(s),
  refresh: ({ token }) => writeRefresh(token),
  bye: writeBye,
  pong: writePong,
};

/** @param {any} expected @param {any} written what is absent there is `null` */
const filled = (expected, written) => ({ ...Object.fromEntries(Object.keys(expected).map((name) => [name, null])), ...written });

for (const { name, text, form, frames: expected } of vectors.valid) {
  test(`Writes ${name}`, () => {
    const written = expected.map((/** @type {any} */ frame) => WRITERS[frame.t]?.(frame));
    if (form !== 'free') return assert.equal(text.startsWith('[') ? `[${written}]` : written[0], text);
    assert.deepEqual(written.map((/** @type {string} */ one, /** @type {number} */ place) => filled(expected[place], JSON.parse(one))), expected);
  });
}

/** This client always tells what it sent and, new to a session, that it has seen no end; its first message has the number 1. @param {any} frame */
const asWritten = (frame) => (frame.t === 'hello' ? { can: ['gap'], sent: [], ...(frame.resume ? { saw: [] } : {}), ...frame } : frame.t === 'data' && [3, 5, 6].includes(frame.s) ? { ...frame, s: 1 } : frame);

/** Everything that a client writes whose application, storage and server gave it what stands in a frame. @param {any} frame @returns {Promise<any[]>} */
async function writtenFrom({ t, s, id, b, client, instance, sent, auth, resume, token, traceparent }) {
  const storage = new MemoryStorage();
  if (resume) {
    storage.setItem('k', JSON.stringify({ version: 1, instance: 'i-1', user: null, session: resume.session, attempt: resume.attempt - 1, received: resume.received, done: 0, messages: [], answered: [], open: [] }));
  }
  /** @type {import('../src/clientOptions.js').AirlockClientOptions} */
  const options = t === 'hello' ? { clientName: client, instance, alsoSent: sent ?? [], storage, storageKey: 'k', traceparent } : {};
  if (t === 'hello' && auth?.token !== undefined) Object.assign(options, { token: () => auth.token, authIn: 'hello' });
  if (t === 'hello' && auth?.ticket !== undefined) Object.assign(options, { ticket: () => auth.ticket });
  if (t === 'refresh') Object.assign(options, { token: (/** @type {{ reason: string }} */ { reason }) => (reason === 'refresh' ? token : 'x.y.z') });
  try {
    const scene = new Scene(options);
    const socket = (await scene.socket())?.accept().say(frames.open());
    if (!socket || t === 'hello') return socket?.sent ?? [];
    socket.say(frames.authed(), frames.ready());
    if (t === 'refresh') socket.say({ t: 'refresh', by: 6_000_000 });
    if (t === 'data') scene.client.send(b, { id, traceparent });
    if (t === 'stop') scene.client.stop(s);
    await settle();
    return socket.sent;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return [];
    throw error;
  }
}

for (const { name, text, cause } of vectors.refused) {
  test(`Never writes ${name}, which is ${cause}`, async () => {
    assert.ok(SERVER_REASONS.some((reason) => reason.cause === cause));
    /** @type {any} */
    let frame = null;
    try {
      frame = JSON.parse(text);
    } catch (error) {
      assert.ok(error instanceof SyntaxError);
    }
    // Each name once and numbers without a fraction: the valid vectors show that the writers know no other form.
    if (JSON.stringify(frame) !== text || frame === null || Array.isArray(frame)) return;
    for (const written of await writtenFrom(frame)) assert.notDeepEqual(written, asWritten(frame));
  });
}

test('What stands in a legal frame comes through: so would what does not', async () => {
  for (const { form, frames: legal } of vectors.valid) {
    for (const frame of legal) {
      // What it saw a client is not given but sees: client.trace.test.js.
      if (form === 'free' || !['hello', 'data', 'refresh'].includes(frame.t) || frame.saw?.length > 0) continue;
      const { t, id, b, traceparent } = frame;
      const expected = asWritten(t === 'data' ? { t, s: 1, id, ...(traceparent ? { traceparent } : {}), b } : dense(frame));
      assert.ok((await writtenFrom(expected)).some((written) => isDeepStrictEqual(written, expected)), JSON.stringify(frame).slice(0, 200));
    }
  }
});
