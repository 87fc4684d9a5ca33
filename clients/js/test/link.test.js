import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FOLLOWERS } from '../src/connectionState.js';
import { FrameError, readMessage } from '../src/frame.js';
import { Link } from '../src/link.js';
import { choose, seeds } from './random.js';
import { frames } from './virtual.js';

/** @param {object} frame */
const read = (frame) => /** @type {import('../src/frame.js').ServerFrame} */ (readMessage(JSON.stringify(frame))[0]);

test('Whatever arrives, only legal states follow one another, and a refusal changes nothing', () => {
  const all = [
    frames.open(), frames.authed(), frames.ready(), frames.gate('a', 'waiting'), frames.gate('a', 'open'), frames.gate('b', 'failed', { required: false }), frames.gate('b', 'open'),
    { t: 'data', s: 1, b: 1 }, { t: 'ack', a: 0, d: 0 }, { t: 'ping' }, { t: 'refresh', by: 1 }, { t: 'drain', delay: 1, by: 1 }, frames.closing(4202, 'moved'),
  ].map(read);
  const reached = new Set();
  seeds(2000, (random) => {
    const link = new Link(1, 0);
    let state = link.state;
    for (let now = 1; now < 30; now++) {
      const before = JSON.stringify([link.state, link.phases, [...link.gates], link.ready]);
      try {
        const dice = random();
        if (dice < 0.03) link.leave(now);
        else if (dice < 0.06) link.end(random() < 0.5, now);
        else link.accept(choose(random, dice < 0.5 ? all.slice(0, 3) : all), now);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
        assert.equal(JSON.stringify([link.state, link.phases, [...link.gates], link.ready]), before);
      }
      for (const entered of link.takeEntered()) {
        assert.ok(entered.state === 'CONNECTING' || FOLLOWERS[state].includes(entered.state), `${state} → ${entered.state}`);
        state = entered.state;
        reached.add(state);
      }
      assert.equal(link.state, state);
    }
  });
  if (!process.env.AIRLOCK_SEED) assert.equal(reached.size, Object.keys(FOLLOWERS).length);
});

test('A gate that flaps for ever keeps the phases bounded and the way to ready readable', () => {
  const link = new Link(1, 0);
  for (const frame of [frames.open(), frames.authed(), frames.ready()]) link.accept(read(frame), 1);
  for (let now = 2; now < 1000; now++) link.accept(read(frames.gate('a', now % 2 ? 'open' : 'failed')), now);
  assert.equal(link.phases.length, 64);
  assert.deepEqual(link.phases.slice(0, 5).map(({ state }) => state), ['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY']);
});

test('A required gate that is degraded is open', () => {
  const link = new Link(1, 0);
  for (const frame of [frames.open(), frames.authed(), frames.gate('a', 'degraded')]) link.accept(read(frame), 1);
  assert.equal(link.state, 'SERVICES_READY');
});

test('All required gates have to be open, not one of them', () => {
  const link = new Link(1, 0);
  for (const frame of [frames.open(), frames.authed(), frames.gate('a', 'waiting'), frames.gate('b', 'open')]) link.accept(read(frame), 1);
  assert.equal(link.state, 'AUTHENTICATED');
  link.accept(read(frames.gate('a', 'open')), 2);
  assert.equal(link.state, 'SERVICES_READY');
});

test('What has a number comes behind ready, whatever it is', () => {
  for (const frame of [{ t: 'data', s: 1, b: 1 }, { t: 'end', s: 1, re: 1, try: 1 }, { t: 'void', s: 1, re: 1, try: 1 }, { t: 'nack', s: 1, re: 1, cause: 'x' }, { t: 'gap', s: 1, missed: 1 }, { t: 'weather', s: 1 }, { t: 'ack', a: 0, d: 0 }]) {
    const link = new Link(1, 0);
    for (const before of [frames.open(), frames.authed()]) {
      link.accept(read(before), 1);
      assert.throws(() => link.accept(read(frame), 1), FrameError, frame.t);
    }
    link.accept(read(frames.ready()), 1);
    link.accept(read(frame), 1);
  }
});

test('A connection ends once, as it did first', () => {
  const link = new Link(1, 0);
  link.end(false, 1);
  link.end(true, 2);
  link.leave(3);
  assert.deepEqual(link.takeEntered().map(({ state }) => state), ['CONNECTING', 'FAILED']);
});
