// The exchanges of this tab, kept across a reload. Each is stored under a key of its own, so that a part of an answer costs one small write.

import { addNote, fillIn, giveUp, isOpen, newExchange } from './exchange.js';

/** @import { Exchange } from './exchange.js' */
/** @typedef {{ role: string, text: string, id: string | null }} HistoryMessage */

const PREFIX = 'airlock-page:';
const EXCHANGES_MAX = 100;
const CSV_BLOCK = /\n\n```csv\n([^]*?)\n```\s*$/;

export class Transcript {
  /** Whether what is stored is another user's, or nothing. @param {Storage} storage @param {string} user */
  static isOthers(storage, user) {
    return read(storage, 'index')?.user !== user;
  }

  /** Oldest first. @type {Exchange[]} */
  #exchanges = [];
  #storage;

  /**
   * @param {Storage} storage
   * @param {string} user whose it is: another user's is thrown away
   */
  constructor(storage, user) {
    this.#storage = storage;
    this.user = user;
    if (Transcript.isOthers(storage, user)) this.clear();
    else this.#exchanges = read(storage, 'index').ids.map((/** @type {string} */ id) => read(storage, `exchange:${id}`)).filter(Boolean);
  }

  get exchanges() {
    return /** @type {readonly Exchange[]} */ (this.#exchanges);
  }

  /** @param {string | null} id */
  find(id) {
    return id === null ? undefined : this.#exchanges.find((exchange) => exchange.id === id);
  }

  /** @param {Exchange} exchange @param {number} [place] */
  add(exchange, place = this.#exchanges.length) {
    this.#exchanges.splice(place, 0, exchange);
    while (this.#exchanges.length > EXCHANGES_MAX && this.#exchanges[0] && !isOpen(this.#exchanges[0])) {
      const dropped = this.#exchanges.shift();
      this.#storage.removeItem(`${PREFIX}exchange:${dropped?.id}`);
    }
    this.save(exchange);
    this.#write('index', { user: this.user, ids: this.#exchanges.map(({ id }) => id) });
  }

  /** @param {Exchange} exchange */
  save(exchange) {
    this.#write(`exchange:${exchange.id}`, exchange);
  }

  clear() {
    this.#exchanges = [];
    for (const key of Object.keys(this.#storage).filter((name) => name.startsWith(PREFIX))) this.#storage.removeItem(key);
  }

  /**
   * What the server remembers of this user: fills in what is missing here, other tabs' exchanges included.
   * @param {HistoryMessage[]} messages questions and answers in turn
   * @returns {Exchange[]} those that changed or are new
   */
  merge(messages) {
    const changed = [];
    let place = 0;
    for (const [at, message] of messages.entries()) {
      const answer = messages[at + 1];
      if (message.role !== 'user' || !message.id || answer?.role !== 'assistant') continue;
      const known = this.find(message.id);
      if (known) {
        place = this.#exchanges.indexOf(known) + 1;
        if (known.answer !== null || known.status === 'working') continue;
        fillIn(known, answer.text);
        this.save(known);
        changed.push(known);
      } else {
        const csv = CSV_BLOCK.exec(message.text);
        const question = message.text.replace(CSV_BLOCK, '');
        const exchange = newExchange(message.id, question, csv ? { name: 'Pasted usage', rows: rowsIn(csv[1] ?? '') } : null, null);
        fillIn(exchange, answer.text);
        this.add(exchange, place);
        place = this.#exchanges.indexOf(exchange) + 1;
        changed.push(exchange);
      }
    }
    return changed;
  }

  /**
   * The session was lost: what was finished there but never arrived cannot come any more.
   * @param {Set<string>} pending ids that the client sends again
   * @param {string} note
   * @returns {Exchange[]} the others that were open
   */
  sever(pending, note) {
    const severed = this.#exchanges.filter((exchange) => isOpen(exchange) && !pending.has(exchange.id));
    for (const exchange of severed) {
      exchange.status = 'unknown';
      addNote(exchange, note);
      this.save(exchange);
    }
    return severed;
  }

  /**
   * The history has told all it knows: what it does not know is lost.
   * @param {Set<string>} ids
   * @returns {Exchange[]}
   */
  concede(ids) {
    const lost = this.#exchanges.filter(({ id, status }) => status === 'unknown' && ids.has(id));
    for (const exchange of lost) {
      giveUp(exchange);
      this.save(exchange);
    }
    return lost;
  }

  /** A full storage costs the reload, not the page. @param {string} key @param {unknown} value */
  #write(key, value) {
    try {
      this.#storage.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // The client tells of it as well (`storage`), and the page shows that.
    }
  }
}

/** @param {Storage} storage @param {string} key @returns {any} */
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(PREFIX + key) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} csv */
export const rowsIn = (csv) => Math.max(0, csv.split('\n').filter((line) => line.trim()).length - 1);
