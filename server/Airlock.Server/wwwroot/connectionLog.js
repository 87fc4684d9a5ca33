// Every connection of this page load, readable after it is gone: phases, gates, resume, replay, and why it ended.

/** @import { ClientState, LastClose } from '/client/clientState.js' */
/** @import { Gate, Phase } from '/client/link.js' */

/**
 * @typedef {object} ConnectionRecord
 * @property {number} link counted from 1
 * @property {string | null} connection the server's id, as in its log
 * @property {readonly Phase[]} phases
 * @property {Map<string, GateRecord>} gates
 * @property {boolean | null} resumed `null` before ready
 * @property {number} attempt
 * @property {number} replayTo
 * @property {number} replayed parts that had been written while nobody was connected
 * @property {{ cause: string, connection: string } | null} previous how the connection before ended, by the server's account
 * @property {readonly string[]} stripped
 * @property {string[]} remarks
 * @property {Readonly<LastClose> | null} close
 */
/** @typedef {{ gate: Gate, seen: { state: Gate['state'], at: number }[] }} GateRecord */

const RECORDS_MAX = 50;
const SEEN_MAX = 20;

/** Dispatches `change`. */
export class ConnectionLog extends EventTarget {
  /** @type {ConnectionRecord[]} */
  #records = [];

  /** Oldest first. */
  get records() {
    return /** @type {readonly ConnectionRecord[]} */ (this.#records);
  }

  get latest() {
    return this.#records.at(-1) ?? null;
  }

  /** @param {ClientState} state */
  update(state) {
    if (state.link === 0) return;
    const record = this.#record(state.link);
    Object.assign(record, { connection: state.connection ?? record.connection, phases: state.phases, stripped: state.stripped });
    if (state.resumed !== null) Object.assign(record, { resumed: state.resumed, replayTo: state.replayTo, attempt: state.attempt, previous: state.previous });
    this.#changed();
  }

  /** @param {number} link @param {Gate} gate */
  gate(link, gate) {
    const { gates } = this.#record(link);
    const seen = gates.get(gate.name)?.seen ?? [];
    if (seen.at(-1)?.state !== gate.state) seen.push({ state: gate.state, at: Date.now() });
    gates.set(gate.name, { gate, seen: seen.slice(-SEEN_MAX) });
    this.#changed();
  }

  /** A message of the server has come. @param {number} sequence */
  received(sequence) {
    const record = this.latest;
    if (!record?.resumed || sequence > record.replayTo) return;
    record.replayed += 1;
    this.#changed();
  }

  /** @param {string} remark @param {ConnectionRecord | null} [record] of the connection that it is about; that which is now */
  remark(remark, record = this.latest) {
    record?.remarks.push(remark);
    this.#changed();
  }

  /** @param {LastClose & { link: number }} close */
  closed({ link, ...close }) {
    this.#record(link).close = close;
    this.#changed();
  }

  /** A new client counts its connections from 1 again: what was is kept, under numbers that go on. */
  beginClient() {
    this.#before = this.latest?.link ?? 0;
  }

  #before = 0;

  /** @param {number} link @returns {ConnectionRecord} */
  #record(link) {
    const number = link + this.#before;
    const known = this.#records.find((record) => record.link === number);
    if (known) return known;
    /** @type {ConnectionRecord} */
    const record = {
      link: number, connection: null, phases: [], gates: new Map(), resumed: null, attempt: 0, replayTo: 0, replayed: 0, previous: null, stripped: [], remarks: [], close: null,
    };
    this.#records = [...this.#records, record].slice(-RECORDS_MAX);
    return record;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
