// A peer that speaks spec/wire.md by hand, over the package ws. It knows nothing of our clients.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { RecordingSocket } from './recordingSocket.js';

/** Generous: a machine that builds at the same time is slow. */
const PATIENCE = 900_000;

/** @typedef {Record<string, any> & { t: string }} Frame */

export class WirePeer {
  #socket;
  /** @type {Frame[]} */
  #unread = [];
  /** @type {(() => void)[]} */
  #waiting = [];
  #closed;
  #over = false;
  #saidBye = false;
  /** Every frame that came, in order. @type {Frame[]} */
  frames = [];
  answersPings = true;
  /** An id counts for all sessions of a user for an hour, so each peer has its own. */
  #ids = randomUUID();

  /** @param {string} url @param {{ protocols?: string[], headers?: Record<string, string>, origin?: string }} options */
  constructor(url, { protocols = ['airlock.v1'], ...request }) {
    this.#socket = new RecordingSocket(url, protocols, request);
    this.#socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false);
      for (const frame of [JSON.parse(String(data))].flat()) {
        this.frames.push(frame);
        if (frame.t === 'ping' && this.answersPings) this.send({ t: 'pong' });
        else this.#unread.push(frame);
      }
      if (this.#saidBye) this.#acknowledge();
      this.#wake();
    });
    this.#closed = new Promise((resolve) => this.#socket.on('close', (code, reason) => {
      this.#over = true;
      resolve({ code, cause: String(reason) });
      this.#wake();
    }));
    this.#socket.on('error', () => undefined);
  }

  /** Connects; rejects with the HTTP status and body if the server refuses before the upgrade. @param {string} url @param {{ protocols?: string[], headers?: Record<string, string>, origin?: string }} [options] */
  static connect(url, options = {}) {
    const peer = new WirePeer(url, options);
    return new Promise((resolve, reject) => {
      peer.#socket.once('open', () => resolve(peer));
      peer.#socket.once('error', reject);
      peer.#socket.once('unexpected-response', (_, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => reject(Object.assign(new Error(`HTTP ${response.statusCode}: ${body}`), { status: response.statusCode, headers: response.headers, body })));
      });
    });
  }

  /** Walks to ready. @param {string} url @param {{ token?: string, resume?: object, hello?: object } & ConstructorParameters<typeof WirePeer>[1]} [options] */
  static async ready(url, { token, resume, hello, ...options } = {}) {
    const peer = await WirePeer.connect(url, options);
    await peer.next('open');
    peer.hello({ ...(token && { auth: { token } }), ...(resume && { resume }), ...hello });
    await peer.next('authed');
    peer.ready = await peer.until('ready');
    return peer;
  }

  get protocol() {
    return this.#socket.protocol;
  }

  /** @param {...object} frames one message: a frame, or an array of frames */
  send(...frames) {
    this.sendText(JSON.stringify(frames.length === 1 ? frames[0] : frames));
  }

  /** @param {string | Uint8Array} data */
  sendText(data) {
    this.#socket.send(data);
  }

  /** A text message that holds a byte which UTF-8 never has. */
  sendInvalidUtf8() {
    this.#socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  }

  /** @param {object} [fields] */
  hello(fields = {}) {
    this.send({ t: 'hello', v: 1, client: 'wire-peer/1', instance: 'peer', ...fields });
  }

  /** The id that this peer gives to its message. @param {number} s */
  id(s) {
    return `${this.#ids}-${s}`;
  }

  /** @param {number} s @param {unknown} b @param {object} [fields] */
  data(s, b, fields = {}) {
    this.send(this.message(s, b, fields));
  }

  /** A frame that carries a message. @param {number} s @param {unknown} b @param {object} [fields] */
  message(s, b, fields = {}) {
    return { t: 'data', s, id: this.id(s), b, ...fields };
  }

  /** The next frame, which has to be of this type. @param {string} type @returns {Promise<Frame>} */
  async next(type) {
    const frame = await this.#take();
    assert.equal(frame.t, type, `expected ${type}, got ${JSON.stringify(frame)}`);
    return frame;
  }

  /** The next frame of this type that fits; others are passed over. @param {string} type @param {(frame: Frame) => unknown} [fits] @returns {Promise<Frame>} */
  async until(type, fits = () => true) {
    for (;;) {
      const frame = await this.#take();
      if (frame.t === type && fits(frame)) return frame;
      assert.ok(type === 'closing' || frame.t !== 'closing', `the server is closing: ${JSON.stringify(frame)}`);
    }
  }

  /** Waits for the end: the closing frame, which is the last one, and the close frame, which must agree with it. */
  async closing() {
    const closing = await this.until('closing');
    const { code, cause } = await this.closed();
    assert.equal(code, closing.code);
    assert.equal(cause, closing.cause);
    assert.equal(this.frames.at(-1), closing, 'closing is the last frame');
    return closing;
  }

  /** Says bye behind some frames, and acknowledges what has come and what comes: the session ends when all of it is. @param {...object} frames */
  async bye(...frames) {
    this.#saidBye = true;
    this.send(...frames, { t: 'bye' });
    this.#acknowledge();
    return this.closing();
  }

  #acknowledge() {
    const last = Math.max(0, ...this.frames.map(({ s = 0 }) => s));
    if (last > 0 && this.frames.at(-1)?.t !== 'closing') this.send({ t: 'ack', a: last });
  }

  /** @returns {Promise<{ code: number, cause: string }>} the WebSocket close */
  closed() {
    return within(this.#closed, 'the close');
  }

  /** Drops the transport without a word. */
  cut() {
    this.#socket.terminate();
    return this.closed();
  }

  /** @param {number} [code] @param {string} [cause] */
  close(code = 1000, cause = '') {
    this.#socket.close(code, cause);
    return this.closed();
  }

  async #take() {
    while (this.#unread.length === 0 && !this.#over) await within(new Promise((resolve) => this.#waiting.push(() => resolve(undefined))), 'a frame');
    const frame = this.#unread.shift();
    if (frame) return frame;
    const { code, cause } = await this.closed();
    throw new Error(`The connection closed with ${code} ${cause}.`);
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
export function within(promise, what) {
  /** @type {NodeJS.Timeout} */
  let timer;
  const limit = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`Waited ${PATIENCE} ms for ${what}.`)), PATIENCE); });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
