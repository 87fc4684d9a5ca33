// The heart of the page: asks through the client, applies what comes to the transcript, and tells the views. What a message changes is stored in the same
// synchronous step in which the client stores that it was handled, so a reload neither misses nor doubles a part of an answer.

import { AirlockClient } from '/client/index.js';
import { ConnectionLog } from './connectionLog.js';
import { applyPayload, isOpen, newExchange, refuse, settle, voidTry } from './exchange.js';
import { Transcript, rowsIn } from './transcript.js';
import { isLive } from './words.js';

/** @import { AirlockClosed } from '/client/index.js' */
/** @import { AirlockEvents } from '/client/clientOptions.js' */
/** @import { Account } from './account.js' */
/** @import { Exchange } from './exchange.js' */
/** @import { RoughNetwork } from './roughNetwork.js' */

const ENDPOINT = '/chat';
const POSITION = 'airlock-page-position';
const ELSEWHERE = ['superseded', 'stale_attempt'];

/** Dispatches `exchange` (`detail`: the one that changed), `connection` when its state or log changed, `closed` when the client has stopped for good, `storage` when a reload will not resume. */
export class Conversation extends EventTarget {
  log = new ConnectionLog();
  /** Why the client has stopped for good. @type {AirlockClosed | null} */
  closed = null;
  #account;
  #network;
  #storage;
  #client;
  /** Questions whose session was lost: the history is the last hope. @type {Set<string>} */
  #severed = new Set();
  /** The history was asked for and has not come. */
  #historyWanted = false;

  /** @param {Account} account @param {RoughNetwork} network @param {Storage} storage */
  constructor(account, network, storage) {
    super();
    this.#account = account;
    this.#network = network;
    this.#storage = storage;
    const user = account.name ?? '';
    if (Transcript.isOthers(storage, user)) storage.removeItem(POSITION);
    this.transcript = new Transcript(storage, user);
    this.log.addEventListener('change', () => this.#tell('connection'));
    this.#client = this.#connect();
  }

  get state() {
    return this.#client.state;
  }

  /** The question that is being answered, or waits first. */
  get current() {
    const open = this.transcript.exchanges.filter(isOpen);
    return open.find(({ status }) => status === 'working') ?? open[0] ?? null;
  }

  /**
   * Asks, at any time: it waits until the connection is ready.
   * @param {string} text
   * @param {{ name: string, text: string } | null} csv
   * @throws {Error} with what to do, if it cannot be sent
   */
  ask(text, csv) {
    const receipt = this.#client.send({ type: 'ask', text, csv: csv?.text ?? null });
    const exchange = newExchange(receipt.id, text, csv && { name: csv.name, rows: rowsIn(csv.text) }, Date.now());
    if (isLive(this.state.name)) exchange.status = 'sent';
    this.transcript.add(exchange);
    this.#follow(receipt);
    this.#tell('exchange', exchange);
  }

  /** Has the server drop the connection that is now, without a word: a browser could only close it. */
  async cut() {
    const { connection } = this.state;
    const { latest } = this.log;
    const isDropped = connection !== null && await this.#account.cut(connection);
    this.log.remark(isDropped
      ? 'Cut at your wish: the server dropped the socket and sent no close. Both ends saw the transport lost.'
      : 'Cut at your wish in this page only: the server was not reached, and may take a while to notice.', latest);
    if (!isDropped) this.#network.drop();
  }

  /** Stops what is being answered: the only cancel there is. */
  stop() {
    const { current } = this;
    if (current && this.#client.stop(current.id)) this.#change(current, () => { current.stopping = true; });
  }

  /** After the client has stopped for good: a new session, and what was not finished is asked there again, unless another tab has it. */
  startAnew() {
    const isElsewhere = ELSEWHERE.includes(this.closed?.cause ?? '');
    const pending = isElsewhere ? [] : this.#client.pending.map(({ id, payload }) => ({ id, payload }));
    this.#storage.removeItem(POSITION);
    for (const exchange of this.transcript.sever(new Set(pending.map(({ id }) => id)), 'The other tab has this question; the answer appears here when it is done.')) this.#tell('exchange', exchange);
    this.closed = null;
    this.#historyWanted = false;
    this.log.beginClient();
    this.#client = this.#connect();
    for (const { id, payload } of pending) this.#follow(this.#client.send(payload, { id }));
    this.#tell('connection');
  }

  /** Leaves. @param {{ forget: boolean }} options `forget`: also what is kept for a reload */
  async leave({ forget }) {
    const gone = this.#client.close();
    if (forget) {
      this.#storage.removeItem(POSITION);
      this.transcript.clear();
    }
    await gone;
  }

  #connect() {
    const client = new AirlockClient(ENDPOINT, {
      token: () => this.#account.token(), WebSocket: this.#network.WebSocket, storage: this.#storage, storageKey: POSITION, clientName: 'airlock-page/0.1.0',
    });
    client.addEventListener('state', ({ detail }) => this.#stateChanged(detail));
    client.addEventListener('gate', ({ detail }) => this.log.gate(client.state.link, detail));
    client.addEventListener('stripped', ({ detail }) => this.log.remark(`Removed on the way: ${detail.stripped.join(', ')}. The first frame carries it instead.`));
    client.addEventListener('close', ({ detail }) => this.log.closed(detail));
    client.addEventListener('message', ({ detail }) => this.#received(detail));
    client.addEventListener('end', ({ detail }) => this.#with(detail.id, (exchange) => settle(exchange, detail.stopped)));
    client.addEventListener('void', ({ detail }) => this.#with(detail.id, (exchange) => voidTry(exchange, detail.cause)));
    client.addEventListener('nack', ({ detail }) => this.#refused(detail.id, detail.cause, detail.status));
    client.addEventListener('lost', () => this.#lost('The session was lost; looking for the answer in the history.', 'The session before is lost: this is a new one. Unfinished questions were sent again.'));
    client.addEventListener('adopted', () => this.#lost('Another page of this tab went on with it; looking for the answer in the history.', 'Another page of this tab went on while this one was put away.'));
    client.addEventListener('storage', () => this.#tell('storage'));
    for (const receipt of client.pending) this.#follow(receipt);
    void client.closed.then((closed) => {
      if (client !== this.#client) return;
      this.closed = closed;
      this.#tell('closed');
    });
    return client;
  }

  /** @param {AirlockEvents['state']} detail */
  #stateChanged({ to, state }) {
    this.log.update(state);
    if (to !== 'PROCESSING_READY') return;
    for (const exchange of this.transcript.exchanges) {
      if (exchange.status === 'queued') this.#change(exchange, () => { exchange.status = 'sent'; });
    }
    // A resumed session brings what is missing by itself.
    if (state.resumed === false || this.transcript.exchanges.some(({ status }) => status === 'unknown')) this.#askHistory();
  }

  /** @param {AirlockEvents['message']} message */
  #received({ payload, id, try: attempt, sequence }) {
    this.log.received(sequence);
    const { type, messages } = /** @type {{ type?: unknown, messages?: unknown }} */ (payload ?? {});
    if (type === 'history_changed') return this.#askHistory();
    if (type === 'history' && Array.isArray(messages)) return this.#historyCame(messages);
    this.#with(id, (exchange) => applyPayload(exchange, payload, attempt));
  }

  /** @param {any[]} messages */
  #historyCame(messages) {
    this.#historyWanted = false;
    const merged = this.transcript.merge(messages.filter((message) => typeof message?.text === 'string'));
    for (const exchange of [...merged, ...this.transcript.concede(this.#severed)]) this.#tell('exchange', exchange);
    this.#severed.clear();
  }

  #askHistory() {
    if (this.#historyWanted) return;
    this.#historyWanted = true;
    this.#follow(this.#client.send({ type: 'history' }));
  }

  /** @param {string} why @param {string} remark */
  #lost(why, remark) {
    const pending = new Set(this.#client.pending.map(({ id }) => id));
    for (const exchange of this.transcript.sever(pending, why)) {
      this.#severed.add(exchange.id);
      this.#tell('exchange', exchange);
    }
    this.log.remark(remark);
    if (this.#severed.size > 0) this.#askHistory();
  }

  /** What was refused without a word of the server: too large for it, or another user's. @param {import('/client/index.js').Receipt} receipt */
  #follow(receipt) {
    const { type } = /** @type {{ type?: string }} */ (receipt.payload);
    const finished = () => {
      if (type === 'history') this.#historyWanted = false;
    };
    receipt.done.then(finished, (error) => {
      finished();
      if (error.name === 'MessageRefused' && error.cause !== 'elsewhere') this.#refused(receipt.id, error.cause, error.status);
    });
  }

  /** @param {string | null} id @param {string} cause @param {string | null} status */
  #refused(id, cause, status) {
    this.#with(id, (exchange) => {
      if (!isOpen(exchange)) return;
      refuse(exchange, cause, status);
      if (exchange.status !== 'unknown') return;
      this.#severed.add(exchange.id);
      this.#askHistory();
    });
  }

  /** @param {string | null} id @param {(exchange: Exchange) => void} change */
  #with(id, change) {
    const exchange = this.transcript.find(id);
    if (exchange) this.#change(exchange, () => change(exchange));
  }

  /** @param {Exchange} exchange @param {() => void} change */
  #change(exchange, change) {
    change();
    this.transcript.save(exchange);
    this.#tell('exchange', exchange);
  }

  /** @param {string} type @param {Exchange} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
