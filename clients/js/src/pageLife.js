// The life of a page, as far as a client has to know of it: put away into the back/forward cache, frozen, shown again, online. Elsewhere none of it happens.

export class PageLife {
  /** @type {(() => void)[]} */
  #off = [];

  /**
   * @param {object} host
   * @param {(isCached: boolean) => void} host.putAway the page may run no more; `isCached`: it may come back as it is, without its connections
   * @param {() => void} host.back it runs, is seen, or has a network again
   */
  constructor({ putAway, back }) {
    this.#on(globalThis, 'online', back);
    this.#on(globalThis, 'pagehide', ({ persisted }) => putAway(persisted === true));
    this.#on(globalThis, 'pageshow', ({ persisted }) => persisted === true && back());
    this.#on(globalThis.document, 'freeze', () => putAway(false));
    this.#on(globalThis.document, 'resume', back);
    this.#on(globalThis.document, 'visibilitychange', () => globalThis.document?.visibilityState === 'visible' && back());
  }

  /** Listens no more. */
  leave() {
    for (const off of this.#off.splice(0)) off();
  }

  /** @param {any} target @param {string} type @param {(event: any) => void} listener */
  #on(target, type, listener) {
    if (typeof target?.addEventListener !== 'function') return;
    target.addEventListener(type, listener);
    this.#off.push(() => target.removeEventListener?.(type, listener));
  }
}
