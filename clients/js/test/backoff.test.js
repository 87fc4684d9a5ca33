import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, STEADY } from '../src/backoff.js';
import { readVectors } from './vectors.js';
import { Scene, frames } from './virtual.js';

const vectors = readVectors('retry');

test('The n-th delay lies within its bounds', () => {
  for (const { n, least, most } of vectors.backoff) {
    for (const [random, delay] of [[0, least], [1, most]]) {
      const backoff = new Backoff();
      for (let count = 1; count < n; count++) backoff.next('resume_later', null, 0.5);
      assert.equal(backoff.next('resume_later', null, random), delay, `n ${n}, random ${random}`);
    }
  }
});

test('A hint is used as it is plus up to a fifth', () => {
  for (const { retryAfter, least, most } of vectors.hint) {
    assert.equal(new Backoff().next('resume', retryAfter, 0), least);
    assert.equal(new Backoff().next('new', retryAfter, 1), most);
  }
});

/** Closes that give an advice. @type {Record<string, [number, string]>} */
const CLOSES = { resume: [4202, 'moved'], resume_later: [4301, 'gate_timeout'], new: [4101, 'gate_timeout'] };

for (const { closes, delays } of vectors.sequence) {
  test(`A client waits ${delays.join(', ')} ms between connections`, async () => {
    assert.equal(STEADY, vectors.steady);
    const scene = new Scene();
    for (const [place, { advice, retryAfter = null, readyFor }] of closes.entries()) {
      const socket = (await scene.socket()).accept().say(frames.open());
      if (readyFor !== undefined) {
        const resume = socket.of('hello')[0].resume;
        socket.say(frames.authed(), frames.ready(resume ? { resume: 'resumed', session: resume.session, attempt: resume.attempt, generation: resume.attempt } : { session: `s${place}` }));
        await scene.advance(readyFor);
      }
      const [code, cause] = CLOSES[advice] ?? [];
      socket.say(frames.closing(Number(code), String(cause), { retryAfter })).lose(code, cause);
      const delay = (scene.client.state.lastClose?.retryAt ?? 0) - scene.time.now();
      assert.equal(delay, delays[place], `close ${place + 1}`);
      await scene.advance(delay);
    }
  });
}

test('A connection that is handed over in time is steady once', async () => {
  const scene = new Scene();
  const old = await scene.ready();
  await scene.advance(STEADY);
  old.say({ t: 'drain', delay: 0, by: 5_060_000 });
  await scene.advance(0);
  const resume = (await scene.socket()).accept().say(frames.open()).of('hello')[0].resume;
  const next = (await scene.socket()).say(frames.authed(), frames.ready({ resume: 'resumed', attempt: resume.attempt, generation: 2 })).lose();
  assert.equal(next.closed, null);
  await scene.advance(0);
  (await scene.socket()).accept().say(frames.open(), frames.authed(), frames.ready({ resume: 'resumed', attempt: 3, generation: 3 })).lose();
  assert.equal(scene.client.state.lastClose?.retryAt, scene.time.now() + 250);
});
