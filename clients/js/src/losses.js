// Sessions that are gone, until the application has been told: with what is known to be lost, and how far it had come with each. Pure.

/** @import { LostRange } from './frame.js' */
/** @import { OpenTry } from './inbox.js' */

/** @typedef {{ session: string, lost: LostRange[] }} Loss the session that is gone, and what is known to be lost with it */
/** @typedef {{ session: string, received: number, lost: LostRange[], open: OpenTry[] }} StoredLoss `received`: highest number of that session that was handled; `lost`: as the server said it */
/** @typedef {{ lost: LostRange[], handled: number, arrived: number, isKept: boolean, isQueued: boolean }} Untold `isKept`: it lies in the storage, where another client finds it; `isQueued`: it waits for the application, behind what is left of its session */

/** So many are kept: of older ones no later client tells. */
export const LOSSES_MAX = 64;

export class Losses {
  /** By session, oldest first. @type {Map<string, Untold>} */
  #untold = new Map();
  /** Sessions whose loss another client tells. @type {string[]} */
  #left = [];

  get sessions() {
    return [...this.#untold.keys()];
  }

  /** @param {string} session @param {LostRange[]} lost as the server said it @param {{ handled: number, arrived: number }} inbox */
  add(session, lost, { handled, arrived }) {
    this.#untold.set(session, { lost, handled, arrived, isKept: false, isQueued: false });
  }

  /** How far the application is with a session that is gone. @param {string} session @returns {number | null} `null` for one whose loss is told, or another client's to tell */
  handledOf(session) {
    return this.#untold.get(session)?.handled ?? null;
  }

  /** @param {string} session @param {number} s */
  handle(session, s) {
    const untold = this.#untold.get(session);
    if (untold) untold.handled = Math.max(untold.handled, s);
  }

  /** What has changed since this was asked last: sessions that were left to another client, and losses that the application is to be told. What has arrived is not lost, also if the server could not know. @returns {{ left: string[], told: Loss[] }} */
  take() {
    const left = this.#left.splice(0);
    const told = [...this.#untold].filter(([, { isQueued }]) => !isQueued).map(([session, untold]) => {
      untold.isQueued = true;
      return { session, lost: lossBehind(untold.arrived, untold.lost) };
    });
    return { left, told };
  }

  /** The application has been told. @param {string} session */
  told(session) {
    this.#untold.delete(session);
  }

  /** Everything is kept. */
  markKept() {
    for (const untold of [...this.#untold.values()].slice(-LOSSES_MAX)) untold.isKept = true;
  }

  /** What was kept is another client's to tell, or was told by it. @param {StoredLoss[]} [found] but for these, which still wait where it had left them */
  leave(found = []) {
    const left = [...this.#untold].filter(([session, { isKept }]) => isKept && !found.some((each) => each.session === session)).map(([session]) => session);
    for (const session of left) this.#untold.delete(session);
    this.#left.push(...left);
  }

  /** @param {StoredLoss[]} found @returns {StoredLoss[]} those that are new here */
  restore(found) {
    const added = found.filter(({ session }) => !this.#untold.has(session));
    for (const { session, lost, received } of added) this.#untold.set(session, { lost, handled: received, arrived: received, isKept: true, isQueued: false });
    return added;
  }

  /** What a later client has to tell. What has arrived here and was not handled does not come again. @param {(session: string) => OpenTry[]} openOf @returns {StoredLoss[]} */
  stored(openOf) {
    return [...this.#untold].slice(-LOSSES_MAX).map(([session, { lost, handled }]) => ({ session, received: handled, lost, open: openOf(session) }));
  }
}

/** @param {number} s @param {LostRange[]} lost what of it is not up to this number */
export const lossBehind = (s, lost) => lost
  .map((range) => (range.direction === 'down' ? { ...range, from: Math.max(range.from, s + 1) } : range))
  .filter((range) => range.to === null || range.from <= range.to);
