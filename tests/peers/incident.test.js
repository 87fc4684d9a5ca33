// The cases of the incident that this project comes from, over the wire, against the real server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AirlockClient } from '../../clients/js/src/index.js';
import { assertClosing } from './catalogue.js';
import { ANSWER, ModelEndpoint } from './modelEndpoint.js';
import { RealServer } from './realServer.js';
import { RecordingSocket } from './recordingSocket.js';
import { WirePeer, within } from './wirePeer.js';

const ASK = { type: 'ask', text: 'Where does my AI spend go?' };
const HISTORY = { type: 'history' };

/** @param {number} seconds */
const pass = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

/** Numbered frames that carry the answer to a message. @param {WirePeer[]} connections of one session, in order */
function assertWhole(...connections) {
  /** @type {Map<number, Record<string, any>>} */
  const numbered = new Map();
  for (const { frames } of connections) for (const frame of frames) if (frame.s !== undefined) numbered.set(frame.s, frame);
  assert.deepEqual([...numbered.keys()], [...numbered.keys()].map((_, i) => i + 1), 'every number once, in order');
  const of = (type) => [...numbered.values()].filter(({ b }) => b?.type === type).map(({ b }) => b.text);
  assert.equal(of('agent_completed').length, 1);
  assert.equal(of('answer_delta').join(''), of('agent_completed')[0]);
}

describe('The incident', { concurrency: true }, () => {
  /** @type {RealServer} */
  let server;
  /** @type {(() => unknown)[]} */
  const stops = [];
  before(async () => { server = await RealServer.start({ after: (stop) => stops.push(stop) }); });
  after(async () => { for (const stop of stops) await stop(); });

  for (const late of [0.2, 2, 8]) {
    test(`a service that becomes ready ${late} s late: what was sent the instant the socket opened is answered, once`, async (t) => {
      const model = await ModelEndpoint.reserve();
      const slow = await RealServer.start(t, model.settings);
      const user = await slow.signIn('early');
      const token = await user.token();
      const peer = await WirePeer.connect(slow.socket, { protocols: ['airlock.v1', `airlock.token.${token}`] });
      peer.send({ t: 'hello', v: 1, client: 'early/1', instance: 'early' }, { t: 'data', s: 1, id: peer.id(1), b: ASK });
      const client = new AirlockClient(slow.socket, { token: user.token, WebSocket: RecordingSocket });
      const receipt = client.send(ASK);
      const waiting = await peer.until('gate', ({ name }) => name === 'agent');
      assert.equal(waiting.required, true);
      assert.ok(['waiting', 'failed'].includes(waiting.state) && waiting.deadline > 0);
      await pass(late);
      assert.ok(!peer.frames.some(({ t: type }) => type === 'ready'), 'not ready before the service is');
      await model.start(t);
      await peer.until('ready');
      await peer.until('end');
      const completed = peer.frames.filter(({ re, b }) => re === 1 && b?.type === 'agent_completed');
      assert.deepEqual(completed.map(({ b }) => b.text), [ANSWER]);
      assert.deepEqual(await within(receipt.done, 'the answer of the client'), { stopped: false });
      assert.equal(client.timeline.filter(({ state }) => state === 'CONNECTING').length, 1, 'the client needed one connection only');
      await Promise.all([peer.close(), client.end()]);
    });
  }

  test('a required service that stays down past the deadline is gate_timeout with a hint, never 1011', async (t) => {
    const model = await ModelEndpoint.reserve();
    const down = await RealServer.start(t, { ...model.settings, Airlock__Endpoint__Timeouts__Gate: '00:00:01' });
    const token = await (await down.signIn('patient')).token();
    // A hint says when the service is looked at again, so it has to have been looked at once.
    for (let hint = null; hint === null;) {
      const peer = await WirePeer.connect(down.socket);
      peer.hello({ auth: { token } });
      hint = (await peer.until('gate', ({ name }) => name === 'agent')).retryAfter ?? null;
      await peer.close();
    }
    for (const [resume, which] of /** @type {const} */ ([[undefined, 'first'], [{ session: 's_none', attempt: 2, received: 0 }, 'second']])) {
      const peer = await WirePeer.connect(down.socket);
      peer.hello({ auth: { token }, ...(resume && { resume }) });
      const closing = await peer.closing();
      assertClosing(closing, 'gate_timeout', which);
      assert.ok(closing.retryAfter > 0);
      assert.ok(peer.frames.some(({ t: type, name, state }) => type === 'gate' && name === 'agent' && state !== 'open'), 'and the gate that was waited for was named');
    }
    const ready = await fetch(`${down.base}/health/ready`);
    const { ok, gates } = await ready.json();
    assert.deepEqual([ready.status, ok, gates.find(({ name }) => name === 'agent').state !== 'open'], [503, false, true]);
  });

  for (const count of [10, 100]) {
    test(`${count} connects at once: each gets its own connection, session and answer`, async () => {
      const tokens = await Promise.all(Array.from({ length: Math.ceil(count / 10) }, async (_, i) => (await server.signIn(`crowd-${count}-${i}`)).token()));
      const peers = await Promise.all(Array.from({ length: count }, async (_, i) => {
        const peer = await WirePeer.connect(server.socket);
        peer.hello({ auth: { token: tokens[i % tokens.length] } });
        peer.data(1, HISTORY);
        await peer.until('data', ({ re }) => re === 1);
        return peer;
      }));
      assert.equal(new Set(peers.map(({ frames }) => frames[0].connection)).size, count);
      assert.equal(new Set(peers.map(({ frames }) => frames.find(({ t }) => t === 'ready')?.session)).size, count);
      for (const { frames } of peers) assert.deepEqual(frames.filter(({ s }) => s).map(({ s, re }) => [s, re]), [[1, 1]]);
      await Promise.all(peers.map((peer) => peer.close()));
    });
  }

  test('several sockets of one user never disturb each other: one is cut, the others go on, and all are whole', async () => {
    const token = await (await server.signIn('many')).token();
    const peers = await Promise.all(Array.from({ length: 5 }, () => WirePeer.ready(server.socket, { token })));
    for (const peer of peers) peer.data(1, ASK);
    const [victim, ...others] = peers;
    const { s } = await victim.until('data', ({ b }) => b?.type === 'answer_delta');
    await victim.cut();
    const resumed = await WirePeer.ready(server.socket, { token, resume: { session: victim.ready.session, attempt: 2, received: s } });
    await Promise.all([resumed, ...others].map((peer) => peer.until('end')));
    assert.equal(resumed.ready.resume, 'resumed');
    assertWhole(victim, resumed);
    for (const other of others) {
      assertWhole(other);
      assert.ok(!other.frames.some(({ t }) => t === 'closing'));
    }
    await Promise.all([resumed, ...others].map((peer) => peer.close()));
  });

  test('SIGTERM while answers stream: everybody is told to move, an answer that fits is finished, and the server ends with 0 within its budget', async (t) => {
    const leaving = await RealServer.start(t, { Airlock__DrainTimeout: '00:00:20', Agent__Pace: '00:00:00.002' });
    const user = await leaving.signIn('moving');
    const token = await user.token();
    const [stays, leaves] = await Promise.all([WirePeer.ready(leaving.socket, { token }), WirePeer.ready(leaving.socket, { token })]);
    const client = new AirlockClient(leaving.socket, { token: user.token, WebSocket: RecordingSocket });
    t.after(() => client.close());
    await within(client.ready, 'ready');
    for (const peer of [stays, leaves]) peer.data(1, ASK);
    await Promise.all([stays, leaves].map((peer) => peer.until('data', ({ b }) => b?.type === 'answer_delta')));
    const from = Date.now();
    leaving.terminate();
    const drains = await Promise.all([stays, leaves].map((peer) => peer.until('drain')));
    for (const { delay, by } of drains) assert.ok(delay >= 0 && delay <= 10_000 && by > from && by <= Date.now() + 20_000);
    const late = await WirePeer.connect(leaving.socket).then(() => assert.fail('accepted'), (error) => error);
    assert.deepEqual([late.status, JSON.parse(late.body).cause, Number(late.headers['retry-after']) > 0], [503, 'draining', true]);
    await leaves.cut();
    await stays.until('end');
    assertWhole(stays);
    const closing = await stays.closing();
    assertClosing(closing, 'moved');
    assert.equal(closing.resumable, true);
    assert.equal(await within(leaving.exited(), 'the exit'), 0);
    assert.ok(Date.now() - from < 40_000, `${Date.now() - from} ms`);
    assert.ok(client.timeline.some(({ state }) => state === 'DRAINING'), 'the client was told');
    assert.equal(client.state.final, false, 'and looks for the next server');
  });
});
