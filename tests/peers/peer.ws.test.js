// The package ws as an independent peer: it walks through spec/wire.md by hand, against the real server.

import assert from 'node:assert/strict';
import { before, after, describe, test } from 'node:test';
import { assertClosing, catalogue } from './catalogue.js';
import { RealServer } from './realServer.js';
import { WirePeer } from './wirePeer.js';

const ASK = { type: 'ask', text: 'Where does my AI spend go?' };
const HISTORY = { type: 'history' };

describe('A peer of the package ws', { concurrency: true }, () => {
  /** @type {RealServer} */
  let server;
  /** One whose deadline for hello passes soon. @type {RealServer} */
  let hasty;
  /** One that answers for minutes, and looks soon whether a silent client is still there. @type {RealServer} */
  let slow;
  /** @type {(() => unknown)[]} */
  const stops = [];
  before(async () => {
    const owner = { after: (/** @type {() => unknown} */ stop) => stops.push(stop) };
    [server, hasty, slow] = await Promise.all([
      RealServer.start(owner, { Airlock__Endpoint__Session__Window: '4' }),
      RealServer.start(owner, { Airlock__Endpoint__Timeouts__Hello: '00:00:01' }),
      RealServer.start(owner, { Agent__Pace: '00:00:01', Airlock__Endpoint__Timeouts__Idle: '00:00:00.500', Airlock__Endpoint__Timeouts__Pong: '00:00:20' }),
    ]);
  });
  after(() => Promise.all(stops.map((stop) => stop())));

  // A user for each test: a user has a limit of sessions.
  let users = 0;
  const newUser = async () => {
    const user = await server.signIn(`user-${++users}`);
    return { ...user, token: await user.token() };
  };

  test('walks from open to ready, and every field is as the specification says', async () => {
    const { name, token } = await newUser();
    const peer = await WirePeer.connect(server.socket);
    assert.equal(peer.protocol, 'airlock.v1');
    const open = await peer.next('open');
    assert.equal(open.v, 1);
    assert.match(open.connection, /^\S{8,}$/);
    assert.ok(Math.abs(open.now - Date.now()) < 60_000);
    assert.deepEqual(open.deadlines, { hello: 120_000, authentication: 120_000, gate: 300_000, attach: 120_000 });
    assert.deepEqual(open.hold, { messages: 8, bytes: 16_384 });
    assert.deepEqual(open.limits, { message: 524_288, frames: 256 });
    assert.deepEqual(open.carriers, []);
    peer.hello({ auth: { token } });
    const authed = await peer.next('authed');
    assert.equal(authed.user, name);
    assert.ok(authed.refreshBefore < authed.expires && authed.expires <= Date.now() + 600_000);
    assert.deepEqual(authed.hold, { messages: 64, bytes: 262_144 });
    const ready = await peer.next('ready');
    assert.deepEqual({ ...ready, session: undefined }, { t: 'ready', session: undefined, generation: 1, attempt: 1, resume: 'new', window: 4, idle: 25_000, received: 0, done: 0, replayTo: 0 });
    await peer.close();
  });

  test('is answered: stored, streamed, ended, done', async () => {
    const { token } = await newUser();
    const peer = await WirePeer.ready(server.socket, { token });
    peer.data(1, ASK);
    const end = await peer.until('end');
    const numbered = peer.frames.filter(({ s }) => s !== undefined);
    assert.deepEqual(numbered.map(({ s }) => s), numbered.map((_, i) => i + 1), 'numbers rise by one');
    const answers = numbered.filter(({ re }) => re === 1);
    assert.ok(answers.every((frame) => frame.try === 1));
    assert.deepEqual([...new Set(answers.filter(({ p }) => p).map(({ b }) => b.type))], ['agent_started', 'agent_thinking', 'tool_executing', 'tool_completed', 'answer_delta']);
    const completed = answers.find(({ t, p }) => t === 'data' && !p);
    const streamed = answers.filter(({ b }) => b?.type === 'answer_delta').map(({ b }) => b.text).join('');
    assert.equal(completed?.b.text, streamed);
    const acked = peer.frames.filter(({ a }) => a !== undefined);
    assert.deepEqual(acked.map(({ a }) => a), acked.map(() => 1));
    assert.equal(Math.max(...peer.frames.map(({ d }) => d ?? 0)), 1);
    assert.equal(end.stopped, undefined);
    peer.send({ t: 'ack', a: end.s });
    await peer.close();
  });

  test('is resumed after a dropped socket, from exactly where it was, in the middle of an answer', async () => {
    const { token } = await newUser();
    const first = await WirePeer.ready(server.socket, { token });
    first.data(1, ASK);
    const at = await first.until('data', ({ b }) => b?.type === 'answer_delta');
    await first.cut();
    const second = await WirePeer.ready(server.socket, { token, resume: { session: first.ready.session, attempt: 2, received: at.s } });
    const { ready } = second;
    assert.deepEqual([ready.resume, ready.session, ready.generation, ready.attempt, ready.received], ['resumed', first.ready.session, 2, 2, 1]);
    assert.ok(ready.replayTo >= at.s);
    assert.equal(ready.previous.connection, first.frames[0].connection);
    // Who is back before the server has noticed takes over.
    assert.match(ready.previous.cause, /^(transport_lost|superseded)$/);
    const end = await second.until('end');
    const numbered = [...first.frames.filter(({ s }) => s <= at.s), ...second.frames.filter(({ s }) => s)];
    assert.deepEqual(numbered.map(({ s }) => s), Array.from({ length: end.s }, (_, i) => i + 1), 'nothing lost, doubled or reordered');
    assert.equal(numbered.find(({ b }) => b?.type === 'agent_completed').b.text, numbered.map(({ b }) => (b?.type === 'answer_delta' ? b.text : '')).join(''));
    await second.close();
  });

  test('sends a message again after a resume, and it is handled once', async () => {
    const { token } = await newUser();
    const first = await WirePeer.ready(server.socket, { token });
    first.data(1, HISTORY);
    await first.until('data');
    await first.cut();
    const second = await WirePeer.ready(server.socket, { token, resume: { session: first.ready.session, attempt: 2, received: 0 } });
    second.data(1, HISTORY, { id: first.id(1) });
    second.data(2, HISTORY);
    await second.until('data', ({ re }) => re === 2);
    assert.equal(second.frames.filter(({ re }) => re === 1).length, 1, 'replayed, not handled again');
    await second.close();
  });

  test('gets a new session for one that does not exist, and is told what is lost', async () => {
    const { token } = await newUser();
    const peer = await WirePeer.ready(server.socket, { token, resume: { session: 's_unknown', attempt: 5, received: 7 } });
    assert.deepEqual([peer.ready.resume, peer.ready.generation, peer.ready.attempt], ['new', 1, 5]);
    assert.deepEqual(peer.ready.lost.map(({ direction, from, to }) => [direction, from, to ?? null]), [['down', 8, null]]);
    await peer.close();
  });

  test("gets the same answer for another user's session", async () => {
    const { token } = await newUser();
    const other = await WirePeer.ready(server.socket, { token: (await newUser()).token });
    const peer = await WirePeer.ready(server.socket, { token, resume: { session: other.ready.session, attempt: 5, received: 7 } });
    assert.notEqual(peer.ready.session, other.ready.session);
    assert.deepEqual(peer.ready.lost.map(({ direction, from, to }) => [direction, from, to ?? null]), [['down', 8, null]]);
    other.data(1, HISTORY);
    await other.until('data');
    await Promise.all([peer.close(), other.close()]);
  });

  test('stops an answer, and what was streamed stays', async () => {
    const token = await (await slow.signIn('stopping')).token();
    const peer = await WirePeer.ready(slow.socket, { token });
    peer.data(1, ASK);
    await peer.until('data', ({ b }) => b?.type === 'agent_thinking');
    peer.send({ t: 'stop', s: 1 });
    const end = await peer.until('end');
    assert.deepEqual([end.re, end.stopped], [1, true]);
    assert.ok(!peer.frames.some(({ b }) => b?.type === 'agent_completed'));
    peer.data(2, HISTORY);
    await peer.until('data', ({ re }) => re === 2);
    await peer.close();
  });

  test('says bye: what it sent is answered, then the session ends', async () => {
    const { token } = await newUser();
    const peer = await WirePeer.ready(server.socket, { token });
    const closing = await peer.bye({ t: 'data', s: 1, id: peer.id(1), b: HISTORY });
    assert.deepEqual([closing.code, closing.cause, closing.retry, closing.resumable], [1000, 'bye', 'never', false]);
    assert.ok(peer.frames.some(({ re, b }) => re === 1 && b.type === 'history'));
    const again = await WirePeer.ready(server.socket, { token, resume: { session: peer.ready.session, attempt: 2, received: 1 } });
    assert.equal(again.ready.resume, 'new');
    await again.close();
  });

  test('answers pings, and is closed with no_pong if it does not', async () => {
    const peer = await WirePeer.ready(slow.socket, { token: await (await slow.signIn('silent')).token() });
    peer.answersPings = false;
    for (let beat = 0; beat < 2; beat++) {
      await peer.next('ping');
      peer.send({ t: 'pong' });
    }
    await peer.next('ping');
    const closing = await peer.closing();
    assertClosing(closing, 'no_pong');
    assert.equal(closing.resumable, true);
  });

  test('refreshes its credentials in band', async () => {
    const { name, token } = await newUser();
    const peer = await WirePeer.ready(server.socket, { token });
    peer.send({ t: 'refresh', token: await (await server.signIn(name)).token() });
    assert.equal((await peer.next('authed')).user, name);
    peer.send({ t: 'refresh', token: (await newUser()).token });
    assertClosing(await peer.closing(), 'principal_changed');
  });

  test('gives its credentials by each carrier, and open names the carrier', async () => {
    const { token, cookie, ticket: getTicket } = await newUser();
    const [ticket, inHello] = [await getTicket(token), await getTicket(token)];
    const ways = [
      { carriers: ['authorization'], options: { headers: { authorization: `Bearer ${token}` } } },
      { carriers: ['subprotocol'], options: { protocols: ['airlock.v1', `airlock.token.${token}`] } },
      { carriers: ['ticket'], url: `${server.socket}?ticket=${encodeURIComponent(ticket)}` },
      { carriers: [], options: { hello: { auth: { ticket: inHello } } } },
      { carriers: ['authorization', 'subprotocol', 'cookie'], options: { headers: { authorization: `Bearer ${token}`, cookie }, protocols: ['airlock.v1', `airlock.token.${token}`] } },
    ];
    for (const { carriers, options, url = server.socket } of ways) {
      const peer = await WirePeer.ready(url, options);
      assert.deepEqual(peer.frames[0].carriers, carriers);
      assert.equal(peer.protocol, 'airlock.v1');
      await peer.close();
    }
  });

  test('races another for one ticket, and exactly one wins', async () => {
    const { token, ticket: getTicket } = await newUser();
    const ticket = await getTicket(token);
    const peers = await Promise.all(Array.from({ length: 4 }, () => WirePeer.connect(server.socket)));
    for (const peer of peers) peer.hello({ auth: { ticket } });
    const outcomes = await Promise.all(peers.map(async (peer) => {
      await peer.next('open');
      return peer.until('ready').then(() => 'ready', async () => {
        assertClosing(peer.frames.at(-1) ?? {}, 'ticket_invalid');
        return 'refused';
      });
    }));
    assert.deepEqual(outcomes.sort(), ['ready', 'refused', 'refused', 'refused']);
    await Promise.all(peers.map((peer) => peer.close()));
  });

  test('is superseded by its newer connection, and a stale one is refused', async () => {
    const { token } = await newUser();
    const old = await WirePeer.ready(server.socket, { token });
    const resume = { session: old.ready.session, attempt: 3, received: 0 };
    const newer = await WirePeer.ready(server.socket, { token, resume });
    assertClosing(await old.closing(), 'superseded');
    const stale = await WirePeer.connect(server.socket);
    stale.hello({ auth: { token }, resume: { ...resume, attempt: 2 } });
    assertClosing(await stale.closing(), 'stale_attempt');
    newer.data(1, HISTORY);
    await newer.until('data');
    await newer.close();
  });

  // What comes first after `open`, and the cause it is closed with.
  const first = [
    ['no JSON', 'hello', 'malformed_frame'],
    ['a number', '1', 'malformed_frame'],
    ['an empty array', '[]', 'malformed_frame'],
    ['a fraction where a whole number belongs', '{"t":"hello","v":1.0,"client":"x","instance":"y"}', 'malformed_frame'],
    ['a field given twice', '{"t":"hello","v":1,"v":1,"client":"x","instance":"y"}', 'malformed_frame'],
    ['an unknown frame', '{"t":"surprise"}', 'unknown_frame'],
    ['data before hello', '{"t":"data","s":1,"id":"a","b":1}', 'hello_missing'],
    ['a binary message', new Uint8Array([1, 2, 3]), 'binary_refused'],
    ['hello without credentials', '{"t":"hello","v":1,"client":"x","instance":"y"}', 'credentials_missing'],
    ['a token that is none', '{"t":"hello","v":1,"client":"x","instance":"y","auth":{"token":"nonsense"}}', 'credentials_malformed'],
    ['an unknown ticket', '{"t":"hello","v":1,"client":"x","instance":"y","auth":{"ticket":"nonsense"}}', 'ticket_invalid'],
    ['nothing at all', null, 'hello_timeout'],
  ];
  for (const [what, text, cause] of first) {
    test(`sends ${what} first and is closed with ${cause}`, async () => {
      const peer = await WirePeer.connect(text === null ? hasty.socket : server.socket);
      await peer.next('open');
      if (text !== null) peer.sendText(text);
      const closing = await peer.closing();
      assertClosing(closing, cause);
      assert.equal(closing.resumable, false);
    });
  }

  // What comes after `ready`, and the cause it is closed with: frames, or `data` as [s, b, fields].
  const later = [
    ['hello again', [{ t: 'hello', v: 1, client: 'x', instance: 'y' }], 'hello_repeated'],
    ['number zero', [[0, HISTORY]], 'sequence_invalid'],
    ['a negative number', [[-1, HISTORY]], 'sequence_invalid'],
    ['a number beyond 2^53-1', [[2 ** 53, HISTORY]], 'sequence_invalid'],
    ['a number too far', [[2, HISTORY]], 'sequence_gap'],
    ['a number again with other content', [[1, HISTORY], [1, { type: 'other' }]], 'sequence_conflict'],
    ['a number again with another id', [[1, HISTORY], [1, HISTORY, { id: 'other' }]], 'sequence_conflict'],
    ['an ack beyond what was sent', [{ t: 'ack', a: 99 }], 'ack_invalid'],
    ['more than the window', [[1, ASK], [2, HISTORY], [3, HISTORY], [4, HISTORY], [5, HISTORY]], 'window_exceeded'],
    ['an id with a space', [[1, HISTORY, { id: 'a b' }]], 'malformed_frame'],
    ['a message that is too large', [[1, 'x'.repeat(524_288)]], 'message_too_large'],
    ['a refresh that is no token', [{ t: 'refresh', token: 'nonsense' }], 'credentials_malformed'],
  ];
  for (const [what, frames, cause] of later) {
    test(`sends ${what} and is closed with ${cause}; nothing else is touched`, async () => {
      const { token } = await newUser();
      const witness = await WirePeer.ready(server.socket, { token });
      const peer = await WirePeer.ready(server.socket, { token });
      // At once: nothing is handled in between.
      peer.send(...frames.map((frame) => (Array.isArray(frame) ? peer.message(...frame) : frame)));
      const closing = await peer.closing();
      assertClosing(closing, cause);
      assert.equal(closing.resumable, false);
      // A client stops here; the session waits all the same.
      const again = await WirePeer.ready(server.socket, { token, resume: { session: peer.ready.session, attempt: 2, received: 0 } });
      assert.equal(again.ready.resume, 'resumed');
      witness.data(1, HISTORY);
      await witness.until('data', ({ re }) => re === 1);
      again.send({ t: 'stop', s: 1 });
      await Promise.all([witness.bye(), again.bye()]);
    });
  }

  test('sends invalid UTF-8 and is closed with 1007, without a closing frame', async () => {
    const { token } = await newUser();
    const peer = await WirePeer.ready(server.socket, { token });
    peer.sendInvalidUtf8();
    assert.equal((await peer.closed()).code, 1007);
    assert.ok(!peer.frames.some(({ t }) => t === 'closing'));
  });

  test('is refused before the upgrade in words', async () => {
    const refused = async (url, options) => {
      const error = await WirePeer.connect(url, options).then(() => assert.fail('it was accepted'), (e) => e);
      return [error.status, JSON.parse(error.body).cause];
    };
    assert.deepEqual(await refused(server.socket, { protocols: [] }), [400, 'protocol_unsupported']);
    assert.deepEqual(await refused(server.socket, { protocols: ['graphql-ws'] }), [400, 'protocol_unsupported']);
    const plain = await fetch(`${server.base}/chat`);
    assert.deepEqual([plain.status, plain.headers.get('upgrade'), (await plain.json()).cause], [426, 'websocket', 'upgrade_required']);
  });

  test('is a page of a foreign origin: accepted, told, closed', async () => {
    const peer = await WirePeer.connect(server.socket, { origin: 'https://elsewhere.example' });
    assertClosing(await peer.closing(), 'origin_refused');
  });

  test('finds the whole catalogue in the specification', () => assert.equal(catalogue.size >= 40, true));
});
