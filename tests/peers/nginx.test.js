// nginx as Debian ships it in front of the real server: what it passes on, what it strips, what it cuts, and what it writes down.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AirlockClient } from '../../clients/js/src/index.js';
import { assertClosing } from './catalogue.js';
import { Nginx, nginxProgram } from './nginx.js';
import { RealServer } from './realServer.js';
import { RecordingSocket } from './recordingSocket.js';
import { secrets } from './secrets.js';
import { WirePeer, within } from './wirePeer.js';

const ASK = { type: 'ask', text: 'Where does my AI spend go?' };
const HISTORY = { type: 'history' };
const LIFE = ['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY'];

/** The address of the socket behind a base address. @param {string} base */
const chat = (base) => `${base.replace('http', 'ws')}/chat`;

/** A WebSocket whose request can be given more, and whose transport can be cut. @param {import('ws').ClientOptions} [request] */
function socketsWith(request = {}) {
  /** @type {RecordingSocket[]} */
  const opened = [];
  class Socket extends RecordingSocket {
    /** @param {string} url @param {string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols, request);
      opened.push(this);
    }
  }
  return { WebSocket: Socket, opened };
}

/** Everything a client is given, with the numbers it came under. @param {AirlockClient} client */
function collect(client) {
  /** @type {any[]} */
  const messages = [];
  client.addEventListener('message', ({ detail }) => messages.push(detail));
  return messages;
}

/** @param {AirlockClient} client @param {string} type @param {(detail: any) => boolean} [fits] @returns {Promise<any>} */
const happened = (client, type, fits = () => true) => within(new Promise((resolve) => {
  client.addEventListener(/** @type {any} */ (type), ({ detail }) => { if (fits(detail)) resolve(detail); });
}), type);

/** What the whole run has left in the log of nginx: no token, and no ticket that is of any use. @param {RealServer} server @param {string} log */
async function assertNothingUsefulIsLogged(server, log) {
  const all = [...secrets];
  const isTicket = (/** @type {string} */ secret) => secret.startsWith('airlock.ticket.');
  assert.ok(all.some(isTicket) && all.some((secret) => secret.startsWith('eyJ')));
  for (const secret of all) assert.ok(isTicket(secret) || !log.includes(secret), `nginx logged ${secret.slice(0, 8)}…`);
  // nginx writes whole addresses down, so tickets are there; each must have been used up.
  const tickets = all.filter((secret) => isTicket(secret) && log.includes(secret));
  assert.ok(tickets.length > 0);
  for (const ticket of tickets) {
    const thief = await WirePeer.connect(server.socket);
    thief.hello({ auth: { ticket } });
    assertClosing(await thief.closing(), 'ticket_invalid');
  }
}

describe('Behind nginx', { skip: nginxProgram ? false : 'nginx is not installed', concurrency: true }, () => {
  /** @type {RealServer} */
  let server;
  /** @type {Nginx} */
  let nginx;
  /** @type {(() => unknown)[]} */
  const stops = [];
  let users = 0;
  /** @param {string} base the way to it */
  const newUser = async (base) => {
    const user = await server.signIn(`proxied-${++users}`, base);
    return { ...user, fresh: user.token, token: await user.token() };
  };
  before(async () => {
    server = await RealServer.start({ after: (stop) => stops.push(stop) });
    nginx = await Nginx.start({ after: (stop) => stops.push(stop) }, server.port);
  });
  after(async () => {
    try {
      await assertNothingUsefulIsLogged(server, nginx.log);
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  });

  test('the golden path works: page, sign-in, answer, a cut in its middle, and nothing is lost', async () => {
    const base = nginx.at.plain;
    assert.match(await (await fetch(`${base}/client/index.js`)).text(), /AirlockClient/);
    const { fresh } = await newUser(base);
    const sockets = socketsWith();
    const client = new AirlockClient(chat(base), { token: fresh, WebSocket: sockets.WebSocket });
    const messages = collect(client);
    client.addEventListener('message', ({ detail: { sequence } }) => { if (sequence === 12) sockets.opened[0].terminate(); });
    assert.deepEqual(await within(client.send(ASK).done, 'the answer'), { stopped: false });
    assert.deepEqual(client.timeline.filter(({ link, state }) => link === 1 && state).slice(0, 5).map(({ state }) => state), LIFE);
    assert.ok(sockets.opened.length >= 2);
    assert.deepEqual(messages.map(({ sequence }) => sequence), messages.map((_, i) => i + 1));
    const answer = messages.find(({ payload }) => payload.type === 'agent_completed').payload.text;
    assert.equal(messages.map(({ payload }) => (payload.type === 'answer_delta' ? payload.text : '')).join(''), answer);
    assert.match(answer, /\|/);
    await client.end();
  });

  test('a stripped Authorization header is named by open and by the client, and hello carries the token instead', async () => {
    const base = nginx.at.withoutAuthorization;
    const { token } = await newUser(base);
    const peer = await WirePeer.connect(chat(base), { headers: { authorization: `Bearer ${token}` } });
    const open = await peer.next('open');
    assert.deepEqual(open.carriers, [], 'the server did not see it');
    peer.hello({ sent: ['authorization'], auth: { token } });
    await peer.until('ready');
    peer.data(1, HISTORY);
    await peer.until('data');
    await peer.close();

    const client = new AirlockClient(chat(base), { token: () => token, authIn: 'hello', alsoSent: ['authorization'], WebSocket: socketsWith({ headers: { authorization: `Bearer ${token}` } }).WebSocket });
    assert.deepEqual(await happened(client, 'stripped'), { sent: ['authorization'], stripped: ['authorization'] });
    await within(client.ready, 'ready');
    await client.end();
  });

  test('a stripped Authorization header with nothing else is credentials_missing, and both sides name it', async () => {
    const base = nginx.at.withoutAuthorization;
    const { token } = await newUser(base);
    const client = new AirlockClient(chat(base), { authIn: 'none', alsoSent: ['authorization'], WebSocket: socketsWith({ headers: { authorization: `Bearer ${token}` } }).WebSocket });
    const stripped = happened(client, 'stripped');
    const closed = await within(client.closed, 'the end');
    assert.deepEqual([closed.cause, closed.code], ['credentials_missing', 4020]);
    assert.deepEqual((await stripped).stripped, ['authorization']);
    await server.printed(/stripped on the way: authorization/i);
  });

  test('the other carriers pass where the Authorization header is stripped', async () => {
    const base = nginx.at.withoutAuthorization;
    const { token, ticket } = await newUser(base);
    const direct = await server.signIn(`proxied-${users}`);
    const once = await direct.ticket(token);
    for (const [carrier, url, options] of [
      ['subprotocol', chat(base), { protocols: ['airlock.v1', `airlock.token.${token}`] }],
      ['ticket', `${chat(base)}?ticket=${encodeURIComponent(once)}`, {}],
    ]) {
      const peer = await WirePeer.ready(url, options);
      assert.deepEqual(peer.frames[0].carriers, [carrier]);
      await peer.close();
    }
    assert.equal(await ticket(token), undefined, 'a ticket is given to a header, and that is stripped here');
  });

  test('a stripped sub-protocol is refused in words, before the upgrade or, to a page, after it', async () => {
    const base = nginx.at.withoutSubProtocol;
    const refused = await WirePeer.connect(chat(base)).then(() => assert.fail('accepted'), (error) => error);
    assert.deepEqual([refused.status, JSON.parse(refused.body).cause], [400, 'protocol_unsupported']);
    // What a page gets: it cannot read an HTTP answer. Having offered nothing, it accepts that nothing is selected.
    const page = await WirePeer.connect(chat(base), { protocols: [], origin: base });
    assertClosing(await page.closing(), 'protocol_unsupported');
  });

  for (const [who, origin] of [['A program', false], ['A page', true]]) {
    test(`${who} whose sub-protocol is stripped is told so by the client`, async () => {
      const base = nginx.at.withoutSubProtocol;
      const { token } = await newUser(base);
      const client = new AirlockClient(chat(base), { token: () => token, WebSocket: socketsWith(origin ? { origin: base } : {}).WebSocket });
      const closed = await within(client.closed, 'the end');
      assert.deepEqual([closed.cause, closed.code], ['protocol_unsupported', 4030]);
      await assert.rejects(client.ready, { cause: 'protocol_unsupported' });
    });
  }

  test('a proxy that passes no upgrade on gets 426, not a crash', async () => {
    const error = await WirePeer.connect(chat(nginx.at.withoutUpgrade)).then(() => assert.fail('accepted'), (e) => e);
    assert.deepEqual([error.status, JSON.parse(error.body).cause], [426, 'upgrade_required']);
  });

  test('a connection that it cuts for being idle is resumed, and nothing is lost', async () => {
    const base = nginx.at.impatient;
    // Signed in on another way: this one cuts an answer that is late, too.
    const { fresh, name } = await newUser(nginx.at.plain);
    const client = new AirlockClient(chat(base), { token: fresh, WebSocket: RecordingSocket });
    const messages = collect(client);
    await within(client.send(HISTORY).done, 'the first answer');
    const cut = await happened(client, 'close');
    assert.deepEqual([cut.cause, cut.retry, cut.final], ['transport_lost', 'resume', false]);
    // What is pushed in between waits for the client.
    const other = await WirePeer.ready(server.socket, { token: await (await server.signIn(name)).token() });
    other.data(1, ASK);
    await other.until('end');
    await other.close();
    await within(client.send(HISTORY).done, 'the second answer');
    assert.deepEqual(messages.map(({ payload }) => payload.type), ['history', 'history_changed', 'history']);
    assert.deepEqual(messages.map(({ sequence }) => sequence), [1, 2, 3]);
    assert.deepEqual(messages[2].payload.messages.map(({ role }) => role), ['user', 'assistant']);
    assert.ok(client.timeline.some(({ remark }) => remark === 'session resumed'));
    await client.end();
  });

  test('a ticket that stands in a log cannot be used, even if its own connection never came to hello', async () => {
    const base = nginx.at.plain;
    const { token } = await newUser(base);
    const user = await server.signIn(`proxied-${users}`);
    const ways = [
      // Refused before the upgrade, left after open, and cut at once.
      async (url) => WirePeer.connect(url, { protocols: [] }).catch(() => undefined),
      async (url) => (await WirePeer.connect(url)).close(),
      async (url) => (await WirePeer.connect(url)).cut(),
    ];
    for (const way of ways) {
      const ticket = await user.ticket(token);
      await way(`${chat(base)}?ticket=${encodeURIComponent(ticket)}`);
      const thief = await WirePeer.connect(server.socket);
      thief.hello({ auth: { ticket } });
      assertClosing(await thief.closing(), 'ticket_invalid');
    }
  });
});
