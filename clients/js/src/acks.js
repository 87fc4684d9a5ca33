// Which acknowledgement is due on the connection that is attached. Pure.

/** So many handled frames are acknowledged at once; fewer after a short delay. */
export const ACK_COUNT = 32;
export const ACK_DELAY = 200;

/** Invariant: said ≤ most, and `said` never goes back on a session. */
export class Acks {
  #said = 0;
  #most = Infinity;

  /** @param {number} handled highest number handled @returns {number | null} the number to say; `null` if the server knows */
  due(handled) {
    const ack = Math.min(handled, this.#most);
    return ack > this.#said ? ack : null;
  }

  /** @param {number} ack whether it should not wait for others @returns {boolean} */
  isUrgent(ack) {
    return ack - this.#said >= ACK_COUNT;
  }

  /** @param {number} ack it was written */
  said(ack) {
    this.#said = ack;
  }

  /**
   * Another connection, which is to take over, has told this position in its `hello`; the server drops what lies below when it attaches, whenever that is. Until then
   * nothing above is acknowledged on the old one: else that attach would come with a position behind its log, and the session would be lost.
   * @param {number} received
   */
  holdAt(received) {
    this.#most = Math.min(this.#most, received);
  }

  /** @param {number} received a connection is attached that told this position */
  attach(received) {
    this.#said = received;
    this.#most = Infinity;
  }
}
