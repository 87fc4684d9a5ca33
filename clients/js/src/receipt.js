// What `send` gives back: the way to learn what became of a message.

/** @import { OutboxMessage } from './outbox.js' */

export class Receipt {
  #payload;

  /**
   * @param {string} id
   * @param {string} payload its JSON
   * @param {boolean} [stop] whether it was stopped already
   */
  constructor(id, payload, stop = false) {
    this.#payload = payload;
    /** The message's id: its idempotency key. @readonly */
    this.id = id;
    /** @type {OutboxMessage} */
    let message = { id, b: payload, stop, settle: null, refuse: null, refused: null, stopped: false };
    /**
     * Fulfilled when the server has finished the message, `stopped` if `stop` ended its turn early. Rejected with `MessageRefused` if it was refused, with
     * `AirlockClosed` if the client stopped before it was known; a client with a storage sends it again next time.
     * @type {Promise<{ stopped: boolean }>}
     * @readonly
     */
    this.done = new Promise((settle, refuse) => {
      message = Object.assign(message, { settle, refuse });
    });
    // Nobody has to look: an outcome that no one awaits is not an error.
    this.done.catch(() => undefined);
    this.#message = message;
  }

  #message;

  /** The payload, as it is sent. @returns {unknown} */
  get payload() {
    return JSON.parse(this.#payload);
  }

  /** For the client: the message as the outbox keeps it. */
  static messageOf(/** @type {Receipt} */ receipt) {
    return receipt.#message;
  }
}
