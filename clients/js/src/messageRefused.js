/**
 * A message was not (or will not be) processed: the server's `nack`, or the client itself could not send it.
 * `cause` is `handler_failed`, `duplicate` (then `status` is `done` or `pending`), `message_too_large`, `principal_changed`, `queue_full` (thrown by `send`), or `elsewhere`:
 * another page of this tab, or another client over the same storage, goes on with the message and learns its outcome.
 */
export class MessageRefused extends Error {
  /** Declared, because that of every Error is unknown. @type {string} @readonly @override */
  cause;

  /**
   * @param {string} id the message's id
   * @param {string} cause
   * @param {string | null} [status]
   */
  constructor(id, cause, status = null) {
    super(`Message ${id} was refused: ${cause}${status ? ` (${status})` : ''}${cause === 'queue_full' ? ': too much is not finished' : ''}.`);
    this.name = 'MessageRefused';
    /** @readonly */
    this.id = id;
    this.cause = cause;
    /** @type {string | null} @readonly */
    this.status = status;
  }
}
