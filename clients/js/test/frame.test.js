import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameError, WireLimits, readMessage } from '../src/frame.js';
import { writeData, writeDataWithin, writeHello } from '../src/frameWriter.js';
import { writePayload } from '../src/payload.js';
import { choose, seeds } from './random.js';
import { readVectors } from './vectors.js';

const vectors = readVectors('server-frames');
const growth = readVectors('growth').fromServer;

/** Without what is empty: absent optional fields may be left out. @param {any} value @returns {any} */
const bare = (value) => JSON.parse(JSON.stringify(value, (_, item) => (item === null || item === false || item === '' || (Array.isArray(item) && item.length === 0) ? undefined : item)));
/** @param {any} frame but not in the payload, where nothing is optional */
const dense = ({ b, ...frame }) => ({ ...bare(frame), ...(b === undefined ? {} : { b }) });

for (const { name, text, frames } of [...vectors.valid, ...growth.valid]) {
  test(`Reads ${name}`, () => assert.deepEqual(readMessage(text).map(dense), frames.map(dense)));
}

for (const { name, text } of [...vectors.refused, ...growth.refused]) {
  test(`Refuses ${name}`, () => assert.throws(() => readMessage(text), FrameError));
}

test('Unknown types are left out, also those named like what every object has', () => {
  assert.deepEqual(readMessage('[{"t":"weather"},{"t":"ping"},{"t":"constructor"},{"t":"__proto__"}]'), [{ t: 'ping' }]);
});

test('Numbers that contradict one another are refused', () => {
  for (const text of [
    '{"t":"ack","a":1,"d":2}', '{"t":"data","s":1,"b":1,"a":1,"d":2}', '{"t":"data","s":1,"b":1,"re":1}', '{"t":"data","s":1,"b":1,"try":1}', '{"t":"data","s":1,"b":1,"p":true}',
    '{"t":"ready","session":"s","generation":1,"attempt":1,"resume":"new","window":64,"idle":1,"received":1,"done":0,"replayTo":0}',
    '{"t":"ready","session":"s","generation":1,"attempt":1,"resume":"resumed","window":64,"idle":1,"received":1,"done":2,"replayTo":0}',
  ]) assert.throws(() => readMessage(text), FrameError, text);
});

test('A message of 1 MiB is read, a larger one refused, counted in bytes', () => {
  const message = (/** @type {number} */ bytes, fill = 'x') => {
    const frame = '{"t":"data","s":1,"b":""}';
    return frame.replace('""', `"${fill.repeat((bytes - frame.length) / Buffer.byteLength(fill))}"`);
  };
  assert.equal(readMessage(message(WireLimits.serverMessageBytes)).length, 1);
  assert.throws(() => readMessage(message(WireLimits.serverMessageBytes + 1)), /1 MiB/);
  assert.throws(() => readMessage(message(WireLimits.serverMessageBytes + 2, 'é')), /1 MiB/);
});

test('Damaged messages are read or refused, never anything else', () => {
  seeds(300, (random) => {
    const { text } = choose(random, vectors.valid);
    let damaged = text;
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
      const at = Math.floor(random() * damaged.length);
      damaged = damaged.slice(0, at) + choose(random, ['', '"', '}', '-1', 'null', '[', '1e9', ',', 'true']) + damaged.slice(at + Math.floor(random() * 4));
    }
    try {
      for (const frame of readMessage(damaged)) assert.equal(typeof frame.t, 'string');
    } catch (error) {
      assert.ok(error instanceof FrameError, `${damaged}: ${error}`);
    }
  });
});

test('A payload is written byte for byte', () => {
  const payload = { text: 'ü\u2028"\\', half: '\ud800', list: [1.5, null] };
  const text = writePayload('id', payload, 65_536);
  assert.equal(writeData(3, 'i"d', text, 2), `{"t":"data","s":3,"id":"i\\"d","a":2,"b":${text}}`);
  assert.deepEqual(JSON.parse(writeData(3, 'id', text)).b, payload);
});

test('hello leaves out what is not there', () => {
  assert.deepEqual(JSON.parse(writeHello({ client: 'c', instance: 'i', sent: [], auth: undefined, resume: undefined })), { t: 'hello', v: 1, client: 'c', instance: 'i', sent: [] });
});

test('What is refused names what it has to be', () => {
  const ready = (/** @type {object} */ fields) => JSON.stringify({ t: 'ready', session: 's', generation: 1, attempt: 1, resume: 'new', window: 64, idle: 1, received: 0, done: 0, replayTo: 0, ...fields });
  for (const [text, said] of /** @type {const} */ ([
    ['{', 'A message is not JSON.'], ['{"t":"data","s":1,"b":1,"p":true}', 'In data, p needs re.'], ['{"t":"gap","s":0,"missed":1}', 'a whole number from 1 to 9007199254740991'], ['{"t":"data","s":1,"b":1,"a":1,"d":2}', 'More is done than was stored.'],
    [ready({ lost: [null] }), 'lost'], [ready({ lost: ['x'] }), 'lost'], [ready({ lost: [[]] }), 'lost'], [ready({ lost: [{ direction: 'down', from: 0, to: null }] }), 'from'],
  ])) assert.throws(() => readMessage(text), (error) => error instanceof FrameError && error.message.includes(said), text);
});

test('A message of exactly the limit goes with its trace; one byte less, and it goes without; where it does not fit bare, not at all', () => {
  const message = { id: 'i', b: '"ü"', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const whole = writeData(1, 'i', message.b, 2, message.traceparent), bare = writeData(1, 'i', message.b, 2);
  for (const [most, text] of /** @type {const} */ ([[0, whole], [-1, bare]])) assert.equal(writeDataWithin(Buffer.byteLength(whole) + most, 1, message, 2), text);
  for (const [most, text] of /** @type {const} */ ([[0, bare], [-1, null]])) assert.equal(writeDataWithin(Buffer.byteLength(bare) + most, 1, message, 2), text);
});
