// Gives what arrived to the application: one at a time, in order, the next when the one before is handled.

/** @import { Item } from './item.js' */

export class Delivery {
  /** @type {Item[]} */
  #queue = [];
  /** What the application is handling. @type {Item | null} */
  #inHand = null;
  /** Whether that is not given again, should nobody have taken it. */
  #isInHandGone = false;
  isStopped = false;
  #host;

  /**
   * @param {object} host
   * @param {(item: Item) => Promise<boolean> | null} host.dispatch gives it to the application; `null` if that handled it at once, `false` if nobody took it after all
   * @param {(item: Item) => boolean} host.hasConsumer whether someone takes it; until then it waits
   * @param {(item: Item) => void} host.handled
   */
  constructor(host) {
    this.#host = host;
  }

  /** What the application is handling. */
  get inHand() {
    return this.#inHand;
  }

  /** @param {Item} item */
  push(item) {
    this.#queue.push(item);
    this.pump();
  }

  /** What waits is given up where it comes again, or is another client's to give. @param {(item: Item) => boolean} isGone */
  forget(isGone) {
    this.#queue = this.#queue.filter((item) => !isGone(item));
    if (this.#inHand && isGone(this.#inHand)) this.#isInHandGone = true;
  }

  /** Nothing more is given to the application; what waits is not handled. */
  stop() {
    this.isStopped = true;
    this.#queue = [];
  }

  /** Goes on, if nothing is being handled. To be called when a consumer arrives. */
  pump() {
    while (!this.#inHand && !this.isStopped) {
      const item = this.#queue[0];
      if (!item || !this.#host.hasConsumer(item)) return;
      this.#queue.shift();
      this.#inHand = item;
      this.#isInHandGone = false;
      const handling = this.#host.dispatch(item);
      if (handling) return void handling.then((wasTaken) => this.#after(item, wasTaken));
      this.#handled(item);
    }
  }

  /** @param {Item} item @param {boolean} wasTaken */
  #after(item, wasTaken) {
    if (wasTaken) this.#handled(item);
    else {
      this.#inHand = null;
      if (!this.isStopped && !this.#isInHandGone) this.#queue.unshift(item);
    }
    this.pump();
  }

  /** @param {Item} item */
  #handled(item) {
    this.#inHand = null;
    this.#host.handled(item);
  }
}
