// What a server says on a WebSocket, frame by frame of spec/wire.md, so that it can be stopped after any of them.

import { Transform } from 'node:stream';

/** @typedef {(frame: Record<string, any>, answer: string) => boolean} StopsAt whether nothing may pass after this frame; `answer` is what was streamed of the last one */

const TEXT = 0x81;

export class ServerMessages extends Transform {
  #stopsAt;
  #unread = Buffer.alloc(0);
  #answer = '';
  #isOpen = false;
  /** What waits for `goOn`. @type {Buffer[] | null} */
  #held = null;

  /** @param {StopsAt} stopsAt */
  constructor(stopsAt) {
    super();
    this.#stopsAt = stopsAt;
  }

  goOn() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.push(message);
  }

  /** @param {Buffer} chunk @param {string} _ @param {() => void} done */
  _transform(chunk, _, done) {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (!this.#isOpen) {
      const end = this.#unread.indexOf('\r\n\r\n') + 4;
      if (end < 4) return void done();
      this.#isOpen = true;
      this.push(this.#take(end));
    }
    for (let message = this.#next(); message; message = this.#next()) this.#pass(message);
    done();
  }

  /** The next message as it stands on the wire (RFC 6455 §5.2; a server masks nothing). @returns {{ head: number, whole: Buffer } | null} */
  #next() {
    const unread = this.#unread;
    if (unread.length < 2) return null;
    const short = /** @type {number} */ (unread[1]);
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (unread.length < head) return null;
    const length = head === 10 ? Number(unread.readBigUInt64BE(2)) : head === 4 ? unread.readUInt16BE(2) : short;
    return unread.length < head + length ? null : { head, whole: this.#take(head + length) };
  }

  /** @param {{ head: number, whole: Buffer }} message */
  #pass({ head, whole }) {
    if (whole[0] !== TEXT) return this.#give(whole);
    // An array of frames means the same as its frames one by one.
    for (const frame of [JSON.parse(whole.toString('utf8', head))].flat()) {
      this.#give(textMessage(JSON.stringify(frame)));
      if (frame.b?.type === 'agent_started') this.#answer = '';
      if (frame.b?.type === 'answer_delta') this.#answer += frame.b.text;
      if (!this.#held && this.#stopsAt(frame, this.#answer)) this.#held = [];
    }
  }

  /** @param {Buffer} message */
  #give(message) {
    if (this.#held) this.#held.push(message);
    else this.push(message);
  }

  /** @param {number} length */
  #take(length) {
    const taken = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return taken;
  }
}

/** @param {string} text */
function textMessage(text) {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = TEXT;
  head[1] = head.length === 2 ? payload.length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}
