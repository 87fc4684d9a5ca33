// What AirlockClient dispatches. A listener may be asynchronous: what it returns, or gives to `waitUntil`, is awaited before the next message.

/** @template T */
export class AirlockEvent extends Event {
  /** @type {Promise<unknown>[]} */
  #pending = [];

  /** @param {string} type @param {T} detail */
  constructor(type, detail) {
    super(type);
    /** @readonly */
    this.detail = detail;
  }

  /**
   * The message of this event is not handled before this promise is settled.
   * @param {PromiseLike<unknown>} promise
   */
  waitUntil(promise) {
    this.#pending.push(Promise.resolve(promise).catch(report));
  }

  /** @returns {Promise<unknown> | null} settled when every listener is through; `null` if all are already. For the client that dispatched it. */
  get settled() {
    return this.#pending.length > 0 ? Promise.all(this.#pending) : null;
  }
}

/** @template T @typedef {((event: AirlockEvent<T>) => unknown) | { handleEvent(event: AirlockEvent<T>): unknown } | null} Listener */

/**
 * An EventTarget whose listeners may return a promise.
 * @template {object} Events the detail of each event, by its name
 */
export class AsyncEventTarget extends EventTarget {
  /** @type {WeakMap<object, (event: Event) => void>} */
  #wrapped = new WeakMap();

  /**
   * @template {keyof Events & string} K
   * @param {K} type
   * @param {Listener<Events[K]>} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @override
   */
  addEventListener(type, listener, options) {
    if (!listener) return;
    let wrapped = this.#wrapped.get(listener);
    if (!wrapped) {
      wrapped = (event) => {
        const heard = /** @type {AirlockEvent<Events[K]>} */ (event);
        const result = /** @type {any} */ (typeof listener === 'function' ? listener.call(this, heard) : listener.handleEvent(heard));
        if (event instanceof AirlockEvent && typeof result?.then === 'function') event.waitUntil(result);
      };
      this.#wrapped.set(listener, wrapped);
    }
    super.addEventListener(type, wrapped, options);
  }

  /**
   * @template {keyof Events & string} K
   * @param {K} type
   * @param {Listener<Events[K]>} listener
   * @param {boolean | EventListenerOptions} [options]
   * @override
   */
  removeEventListener(type, listener, options) {
    if (listener) super.removeEventListener(type, this.#wrapped.get(listener) ?? /** @type {any} */ (listener), options);
  }
}

/** A listener that fails has had its message; its error goes where errors of listeners go. @param {unknown} error */
function report(error) {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else queueMicrotask(() => { throw error; });
}
