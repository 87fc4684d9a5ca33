// What a client waits for, by name: instants, no timers. Pure.

export class Alarms {
  /** @type {Map<string, number>} */
  #at = new Map();

  /** Setting one again replaces it. @param {string} name @param {number} at */
  set(name, at) {
    this.#at.set(name, at);
  }

  /** @param {string} name */
  has(name) {
    return this.#at.has(name);
  }

  /** @param {string} name @param {number} now */
  isDue(name, now) {
    return (this.#at.get(name) ?? Infinity) <= now;
  }

  /** @param {...string} names */
  clear(...names) {
    for (const name of names) this.#at.delete(name);
  }

  clearAll() {
    this.#at.clear();
  }

  /** When the first is due. @returns {number | null} */
  get next() {
    return this.#at.size > 0 ? Math.min(...this.#at.values()) : null;
  }

  /** The earliest that is due by now, taken out. @param {number} now @returns {string | null} */
  take(now) {
    let first = null;
    let earliest = Infinity;
    for (const [name, at] of this.#at) {
      if (at <= now && at < earliest) [first, earliest] = [name, at];
    }
    if (first !== null) this.#at.delete(first);
    return first;
  }
}
