// A TCP proxy that destroys WebSocket connections in the middle: no close frame, no FIN that anybody asked for. The network, at its worst.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { ServerMessages } from './serverMessages.js';

export class CuttingProxy {
  #listener;
  /** The pairs that carry a WebSocket. @type {Set<{ near: import('node:net').Socket, far: import('node:net').Socket }>} */
  #webSockets = new Set();
  /** What waits for the way to be free. @type {(() => void)[] | null} */
  #held = null;
  /** What the next connection that gets there stops at. @type {import('./serverMessages.js').StopsAt | null} */
  #stopsAt = null;
  /** What stopped. @type {Set<ServerMessages>} */
  #stopped = new Set();
  /** How many WebSockets were destroyed. */
  cuts = 0;

  /** @param {import('node:net').Server} listener @param {number} target */
  constructor(listener, target) {
    this.#listener = listener;
    listener.on('connection', (near) => this.#forward(near, target));
  }

  /** @param {import('node:test').TestContext} t @param {number} target the port on loopback behind it */
  static async start(t, target) {
    const listener = createServer();
    const proxy = new CuttingProxy(listener, target);
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    t.after(() => proxy.#stop());
    return proxy;
  }

  get base() {
    return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.#listener.address()).port}/`;
  }

  /** Destroys every WebSocket, on both sides. */
  cut() {
    for (const { near, far } of this.#webSockets) {
      near.resetAndDestroy();
      far.destroy();
      this.cuts += 1;
    }
  }

  /** New WebSockets wait until `free`. */
  hold() {
    this.#held ??= [];
  }

  free() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
  }

  /**
   * The first connection whose server has said this passes nothing more of what the server says, until `goOn`. However slow anybody is, a page stays there.
   * @param {import('./serverMessages.js').StopsAt} stopsAt
   */
  stopAt(stopsAt) {
    this.#stopsAt = stopsAt;
  }

  goOn() {
    for (const messages of this.#stopped) messages.goOn();
    this.#stopped.clear();
  }

  /** @param {import('node:net').Socket} near @param {number} target */
  #forward(near, target) {
    near.on('error', () => undefined);
    near.once('data', (first) => {
      near.pause();
      const isWebSocket = /^GET \/(chat|live\/feed)[ ?]/.test(first.toString('latin1'));
      const go = () => {
        if (near.destroyed) return;
        const far = connect(target, '127.0.0.1', () => {
          far.write(first);
          near.pipe(far);
          (isWebSocket ? far.pipe(this.#messages()) : far).pipe(near);
        });
        const pair = { near, far };
        if (isWebSocket) this.#webSockets.add(pair);
        const end = () => {
          this.#webSockets.delete(pair);
          near.destroy();
          far.destroy();
        };
        far.on('error', end).on('close', end);
        near.on('close', end);
      };
      if (this.#held && isWebSocket) this.#held.push(go);
      else go();
    });
  }

  #messages() {
    const messages = new ServerMessages((frame, answer) => {
      if (!this.#stopsAt?.(frame, answer)) return false;
      this.#stopsAt = null;
      this.#stopped.add(messages);
      return true;
    });
    return messages;
  }

  async #stop() {
    this.free();
    this.cut();
    this.#listener.close();
    // Connections that the browser keeps for later.
    this.#listener.unref();
  }
}
