// The buttons that make trouble: cut the connection, stall it, open a second tab.

import { find, setAttribute, setText } from './element.js';

/** @import { RoughNetwork } from './roughNetwork.js' */

/** Long enough to see what happens, short enough to wait for. */
const CUT = 2_000;
const STALL = 10_000;

export class NetworkControls {
  #cut = find('#cut', HTMLButtonElement);
  #stall = find('#stall', HTMLButtonElement);
  #stallText = find('#stall-text', HTMLElement);
  #tab = find('#second-tab', HTMLButtonElement);
  #network;

  /** @param {RoughNetwork} network @param {() => Promise<void>} cut has the server drop the connection @param {AbortSignal} signal ends it */
  constructor(network, cut, signal) {
    this.#network = network;
    this.#cut.addEventListener('click', () => {
      network.cut(CUT);
      void cut();
    }, { signal });
    this.#stall.addEventListener('click', () => (network.condition === 'stalled' ? network.repair() : network.stall(STALL)), { signal });
    // Without an opener the new tab has a storage of its own, and with it a session of its own.
    this.#tab.addEventListener('click', () => window.open(location.href, '_blank', 'noopener'), { signal });
  }

  /** @param {number} now */
  update(now) {
    const { condition, until } = this.#network;
    setAttribute(this.#cut, 'disabled', condition === 'cut');
    setAttribute(this.#stall, 'aria-pressed', condition === 'stalled' ? 'true' : 'false');
    setText(this.#stallText, condition === 'stalled' ? `Let it go (${Math.max(1, Math.ceil((until - now) / 1_000))} s)` : 'Stall it');
  }
}
