// Many connections that come, talk, are cut and come back, for the live view to have something to show. As a program: node movingConnections.js http://localhost:5080 1000 [idle]

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RecordingSocket } from '../peers/recordingSocket.js';

/** Settings under which a server lets that many in from one machine. @type {Record<string, string>} */
export const CROWD = {
  Airlock__Endpoint__ConnectionsPerAddressMax: '100000',
  Airlock__Endpoint__ConnectionsPerUserMax: '100000',
  Airlock__Sessions__SessionsPerAddressMax: '100000',
  Airlock__Sessions__SessionsPerUserMax: '10000',
  SignIn__TokenLifetime: '01:00:00',
};
/** How many upgrades are under way at once. */
const AT_ONCE = 32;

export class MovingConnections {
  #url;
  #tokens;
  #isMoving = false;
  /** What those do that are ready when it begins. @type {Set<() => void>} */
  #still = new Set();
  #isOver = false;
  /** @type {Set<import('ws').WebSocket>} */
  #sockets = new Set();
  /** @type {Promise<void>[]} */
  #lives = [];
  #opening = 0;
  /** @type {(() => void)[]} */
  #waiting = [];
  /** Who waits for how many. @type {{ count: number, go: () => void }[]} */
  #watchers = [];
  /** How many are ready. */
  ready = 0;

  /** @param {string} url @param {string[]} tokens */
  constructor(url, tokens) {
    this.#url = url;
    this.#tokens = tokens;
  }

  /** Opens them; they stay as they are until they are told to move. @param {string} base @param {number} count */
  static async start(base, count) {
    const tokens = await Promise.all(NAMES.map((name) => tokenOf(base, name)));
    const crowd = new MovingConnections(`${base.replace('http', 'ws')}/chat`, tokens);
    for (let place = 0; place < count; place++) crowd.#lives.push(crowd.#live(place));
    return crowd;
  }

  /** Waits until that many are ready. @param {number} count @returns {Promise<void>} */
  until(count) {
    return this.ready >= count ? Promise.resolve() : new Promise((resolve) => { this.#watchers.push({ count, go: resolve }); });
  }

  /** From now on they leave, in one way or another, and come back. */
  move() {
    this.#isMoving = true;
    for (const begin of this.#still) begin();
    this.#still.clear();
  }

  async stop() {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.terminate();
    for (const go of this.#waiting.splice(0)) go();
    await Promise.all(this.#lives);
  }

  /** One client: a connection after another. @param {number} place */
  async #live(place) {
    /** @type {{ session: string, attempt: number, received: number } | null} */
    let position = null;
    while (!this.#isOver) {
      await this.#turnToOpen();
      if (this.#isOver) return;
      position = await this.#connect(place, position);
      if (!this.#isOver) await pause(200 + Math.random() * 2_000);
    }
  }

  /** @param {number} place @param {{ session: string, attempt: number, received: number } | null} position @returns {Promise<typeof position>} where to resume */
  #connect(place, position) {
    return new Promise((resolve) => {
      const socket = new RecordingSocket(this.#url, ['airlock.v1'], {});
      this.#sockets.add(socket);
      let next = position;
      let isReady = false;
      let isOpening = true;
      /** @type {NodeJS.Timeout[]} */
      const timers = [];
      const opened = () => {
        if (!isOpening) return;
        isOpening = false;
        this.#opening -= 1;
        this.#waiting.shift()?.();
      };
      const say = (/** @type {object} */ frame) => { if (socket.readyState === 1) socket.send(JSON.stringify(frame)); };
      const stayAWhile = () => timers.push(setTimeout(() => leave(socket, place), 2_000 + Math.random() * 25_000));
      const hello = () => say({ t: 'hello', v: 1, client: 'moving/1', instance: `moving-${place}`, auth: { token: this.#tokens[place % this.#tokens.length] }, ...(position && { resume: position }) });
      socket.on('message', (data) => {
        for (const frame of [JSON.parse(String(data))].flat()) {
          if (frame.t === 'open' && this.#isMoving && place % 12 === 0) {
            // A few think before they speak, so that there is somebody in every state.
            timers.push(setTimeout(hello, 500 + Math.random() * 4_000));
            opened();
          } else if (frame.t === 'open') {
            hello();
          }
          if (frame.t === 'ping') say({ t: 'pong' });
          if (frame.t === 'closing') next = frame.resumable ? next : null;
          if (next && typeof frame.s === 'number') {
            next = { ...next, received: frame.s };
            if (place % 3 > 0) say({ t: 'ack', a: frame.s });
          }
          if (frame.t !== 'ready') continue;
          isReady = true;
          this.ready += 1;
          for (const { count, go } of this.#watchers) if (this.ready >= count) go();
          opened();
          next = { session: frame.session, attempt: frame.attempt + 1, received: frame.resume === 'resumed' ? next?.received ?? 0 : 0 };
          if (this.#isMoving) say({ t: 'data', s: frame.received + 1, id: randomUUID(), b: { type: 'history' } });
          if (this.#isMoving) stayAWhile();
          else this.#still.add(stayAWhile);
        }
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        opened();
        for (const timer of timers) clearTimeout(timer);
        this.#sockets.delete(socket);
        this.#still.delete(stayAWhile);
        if (isReady) this.ready -= 1;
        resolve(next);
      });
    });
  }

  async #turnToOpen() {
    if (this.#opening >= AT_ONCE) await new Promise((resolve) => { this.#waiting.push(() => resolve(undefined)); });
    this.#opening += 1;
  }
}

const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Tony', 'Frances', 'Alan', 'Radia', 'Leslie', 'Margaret', 'Dennis', 'Katherine'];

/** The ways a connection ends. @param {import('ws').WebSocket} socket @param {number} place */
function leave(socket, place) {
  const way = (place * 7 + Math.floor(Math.random() * 10)) % 10;
  if (way < 4) socket.terminate();
  else if (way < 7) socket.close(1000);
  else if (way < 8) socket.send('{"t":"bye"}');
  else if (way < 9) socket.send('{"t":"hello","v":1,"client":"moving/1","instance":"again"}');
  else socket.send(JSON.stringify({ t: 'data', s: 1_000_000, id: 'gap', b: 1 }));
}

/** @param {string} base @param {string} name */
async function tokenOf(base, name) {
  const signedIn = await fetch(`${base}/auth/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const answer = await fetch(`${base}/auth/token`, { method: 'POST', headers: { cookie } });
  return (await answer.json()).token;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , base = 'http://localhost:5080', count = '1000', idle] = process.argv;
  const crowd = await MovingConnections.start(base, Number(count));
  if (idle !== 'idle') crowd.move();
  process.once('SIGINT', () => void crowd.stop().then(() => process.exit(0)));
  setInterval(() => console.log(`${crowd.ready} ready`), 2_000).unref();
}
