// Gives what arrived to the application: one at a time, in order, the next when the one before is handled.

/** @import { Loss } from './session.js' */

/** @typedef {object} Message
 * @property {unknown} payload
 * @property {boolean} provisional shown at once, final only when `end` tells so; `void` withdraws it
 * @property {number | null} re which of this client's messages it answers, by number; `null` for a message nobody asked for
 * @property {string | null} id the id of the message it answers, if this client still knows it
 * @property {number | null} try which attempt of the turn wrote it
 * @property {number} sequence the server's number
 * @property {string} session the session of that number
 */

/**
 * @typedef {{ type: 'message', message: Message }
 *   | { type: 'end' | 'void', detail: { re: number, try: number, id: string | null, stopped?: boolean, cause?: string } }
 *   | { type: 'nack', detail: object }
 *   | { type: 'lost', detail: Loss }
 *   | { type: 'finish', error: Error | null }} DeliveryContent
 */
/** @typedef {DeliveryContent & { epoch: number, s: number | null, re: number | null }} DeliveryItem `epoch` counts sessions: an old one's numbers mean nothing in a new one */

export class Delivery {
  /** @type {DeliveryItem[]} */
  #queue = [];
  #busy = false;
  #stopped = false;
  #host;

  /**
   * @param {object} host
   * @param {(item: DeliveryItem) => Promise<unknown> | null} host.dispatch gives it to the application; `null` if that handled it at once
   * @param {() => boolean} host.hasConsumer whether someone takes messages; until then they wait
   * @param {(item: DeliveryItem) => void} host.handled
   */
  constructor(host) {
    this.#host = host;
  }

  /** @param {DeliveryItem} item */
  push(item) {
    this.#queue.push(item);
    this.pump();
  }

  /** Nothing more is given to the application; what waits is not handled. */
  stop() {
    this.#stopped = true;
    this.#queue = [];
  }

  /** Goes on, if nothing is being handled. To be called when a consumer arrives. */
  pump() {
    while (!this.#busy && !this.#stopped) {
      const item = this.#queue[0];
      if (!item || (item.type === 'message' && !this.#host.hasConsumer())) return;
      this.#queue.shift();
      this.#busy = true;
      const handling = this.#host.dispatch(item);
      if (handling) {
        void handling.then(() => this.#handled(item)).then(() => this.pump());
        return;
      }
      this.#handled(item);
    }
  }

  /** @param {DeliveryItem} item */
  #handled(item) {
    this.#busy = false;
    this.#host.handled(item);
  }
}
