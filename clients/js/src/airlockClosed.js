/**
 * The client has stopped for good, or a connection ended: why, for a person and for a program.
 * `cause` is the stable name from the catalogue in spec/wire.md, `code` the WebSocket close code.
 */
export class AirlockClosed extends Error {
  /** Declared, because that of every Error is unknown. @type {string} @readonly @override */
  cause;

  /**
   * @param {string} cause
   * @param {number} code
   * @param {string} [text] a sentence for a developer
   * @param {unknown} [origin] the exception behind it, if there is one
   */
  constructor(cause, code, text, origin) {
    super(`${cause} (${code})${text ? `: ${text}` : ''}`);
    this.name = 'AirlockClosed';
    this.cause = cause;
    /** @type {number} @readonly */
    this.code = code;
    /** @type {unknown} @readonly */
    this.origin = origin;
  }

  /** Whether the application wished it: after `close` or `end`. */
  get isOrderly() {
    return this.cause === 'client_closed' || this.cause === 'bye';
  }
}
