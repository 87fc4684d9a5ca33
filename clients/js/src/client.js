// The client as an application sees it: state, events, messages, receipts. What happens on the wire is the driver's.

import { AirlockClosed } from './airlockClosed.js';
import { AirlockEvent, AsyncEventTarget } from './airlockEvent.js';
import { Credentials } from './credentials.js';
import { Delivery } from './delivery.js';
import { Driver } from './driver.js';
import { resolveUrl } from './clientOptions.js';
import { WireLimits } from './frame.js';
import { MessageReader } from './messageReader.js';
import { MessageRefused } from './messageRefused.js';
import { writePayload } from './payload.js';
import { systemPlatform } from './platform.js';
import { loadPosition, savePosition } from './position.js';
import { Receipt } from './receipt.js';
import { Session } from './session.js';
import { describeState } from './clientState.js';
import { Timeline } from './timeline.js';
import { traceparentOf } from './trace.js';
import { isId, isName } from './wireText.js';

/** @import { AirlockClientOptions, AirlockEvents, SendOptions } from './clientOptions.js' */
/** @import { ClientState, LastClose } from './clientState.js' */
/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { DeliveryItem, Message } from './delivery.js' */
/** @import { SocketConstructor } from './driver.js' */
/** @import { Ending } from './ending.js' */
/** @import { NumberedFrame } from './frame.js' */
/** @import { Link } from './link.js' */
/** @import { OutboxMessage } from './outbox.js' */
/** @import { PositionStorage } from './position.js' */
/** @import { Loss } from './session.js' */
/** @import { TimelineEntry } from './timeline.js' */

const CLIENT_NAME = 'airlock-js/0.1.0';

/**
 * A client of an Airlock endpoint. It connects by itself once the code that made it has run, so listeners can be added first; it reconnects and resumes until it is
 * closed or the server says to stop.
 */
export class AirlockClient extends AsyncEventTarget {
  #session;
  #driver;
  #delivery;
  #timeline = new Timeline();
  /** @type {Link | null} */
  #shown = null;
  /** @type {ConnectionStateName | null} */
  #shownState = null;
  /** @type {LastClose | null} */
  #lastClose = null;
  /** @type {AirlockClosed | null} */
  #finished = null;
  #ending = false;
  #listens = false;
  /** @type {MessageReader | null} */
  #reader = null;
  /** What the iterator ends with, once everything before was handled. @type {{ error: Error | null } | null} */
  #readerEnd = null;
  /** @type {WeakMap<OutboxMessage, Receipt>} */
  #receipts = new WeakMap();
  /** @type {{ storage: PositionStorage, key: string, failed: boolean } | null} */
  #store = null;
  #queueMax;
  #traceparent;
  #platform;
  /** @type {(value: void) => void} */
  #resolveReady = () => undefined;
  /** @type {(error: Error) => void} */
  #rejectReady = () => undefined;
  /** @type {(error: AirlockClosed) => void} */
  #resolveClosed = () => undefined;
  #hurry = () => this.#driver.hurry();

  /**
   * @param {string | URL} url of the endpoint; relative to the page in a browser
   * @param {AirlockClientOptions} [options]
   */
  constructor(url, options = {}) {
    super();
    const { storage, storageKey = `airlock:${url}`, platform = systemPlatform, queueMax = 1024, clientName = CLIENT_NAME, WebSocket = globalThis.WebSocket } = options;
    if (typeof WebSocket !== 'function') throw new TypeError("There is no WebSocket here. Give one: new AirlockClient(url, { WebSocket }) with that of the package 'ws'.");
    if (!Number.isSafeInteger(queueMax) || queueMax < 1) throw new RangeError('queueMax is a whole number from 1.');
    for (const name of [clientName, options.instance ?? '-']) if (!isName(name)) throw new RangeError('clientName and instance have 1 to 128 characters and no control character.');
    this.#platform = platform;
    this.#queueMax = queueMax;
    this.#traceparent = options.traceparent;
    this.#store = storage ? { storage, key: storageKey, failed: false } : null;

    const position = storage ? loadPosition(storage, storageKey) : null;
    this.#session = new Session(options.instance ?? position?.instance ?? platform.randomId());
    if (position) this.#session.restore(position, (id, b, stop) => this.#track(new Receipt(id, b, stop)));

    /** Fulfilled at the first PROCESSING_READY; rejected with `AirlockClosed` if the client stops for good before. @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => undefined);
    /** Fulfilled when the client has stopped for good, with the reason. @type {Promise<AirlockClosed>} */
    this.closed = new Promise((resolve) => { this.#resolveClosed = resolve; });

    this.#delivery = new Delivery({
      dispatch: (item) => this.#dispatch(item),
      hasConsumer: () => this.#listens || this.#reader !== null,
      handled: (item) => this.#handled(item),
    });
    this.#driver = new Driver(
      { url: resolveUrl(url), clientName, WebSocket: /** @type {SocketConstructor} */ (WebSocket), credentials: new Credentials(options), traceparent: () => traceparentOf(this.#traceparent), platform },
      this.#session,
      {
        changed: (link) => this.#changed(link),
        gate: (link, { name, required, state, elapsed, deadline, retryAfter }) => {
          this.#remark(link, `gate ${name} ${state}`);
          this.#emit('gate', { name, required, state, elapsed, deadline, retryAfter });
        },
        stripped: (link) => {
          this.#remark(link, `stripped on the way: ${link.stripped.join(', ')}`);
          this.#emit('stripped', { sent: link.sent, stripped: link.stripped });
        },
        attached: (link, frame, loss) => this.#attached(link, frame.resume, loss),
        arrived: (_, frame) => this.#arrived(frame),
        save: () => this.#save(),
        ended: (link, ending, retryIn, final) => this.#ended(link, ending, retryIn, final),
        finished: (ending) => this.#finish(ending),
      },
    );
    globalThis.addEventListener?.('online', this.#hurry);
    queueMicrotask(() => this.#driver.start());
  }

  /** Where the client stands: a copy that does not change. @returns {ClientState} */
  get state() {
    return describeState(this.#shown, this.#shownState, this.#session, this.#lastClose, this.#finished !== null);
  }

  /** What happened, oldest first: the last 256 entries. */
  get timeline() { return this.#timeline.entries; }

  /** Receipts of the messages that are not finished, in order; after a reload also of those an earlier page has sent. @returns {Receipt[]} */
  get pending() {
    return this.#session.outbox.messages.flatMap((message) => (message.refused ? [] : this.#receipts.get(message) ?? []));
  }

  /**
   * Sends a message: now, when the client is ready, or again after a reconnect. The server handles it once.
   * @param {unknown} payload any JSON value
   * @param {SendOptions} [options]
   * @returns {Receipt}
   * @throws {Error} if it cannot be sent: no JSON, too large, the queue is full, the id is pending, the client has ended
   */
  send(payload, { id = this.#platform.randomId(), traceparent = this.#traceparent } = {}) {
    if (this.#finished || this.#ending) throw new Error(`Nothing can be sent: the client has ${this.#finished ? `stopped with ${this.#finished.cause}` : 'said end'}.`);
    if (!isId(id)) throw new RangeError('An id has 1 to 64 characters from ! to ~.');
    const text = writePayload(id, payload, this.#shown?.open?.limits.message ?? WireLimits.messageBytes);
    const { outbox } = this.#session;
    if (outbox.length >= this.#queueMax) throw new RangeError(`${this.#queueMax} messages are not finished; no more are taken.`);
    if (outbox.find(id)) throw new Error(`A message with the id ${id} is pending.`);
    const receipt = new Receipt(id, text);
    outbox.append(Object.assign(this.#track(receipt), { traceparent: traceparentOf(traceparent) }));
    this.#save();
    this.#driver.flush();
    return receipt;
  }

  /**
   * Stops the handling of a message: the only way to cancel one. Told again after reconnects until the server has finished it.
   * @param {Receipt | string} message its receipt or id
   * @returns {boolean} false if it is finished already, or unknown
   */
  stop(message) {
    const found = this.#session.outbox.find(typeof message === 'string' ? message : message.id);
    if (!found) return false;
    if (!found.message.stop) {
      found.message.stop = true;
      this.#save();
      this.#driver.stop(found);
    }
    return true;
  }

  /**
   * The messages as an async iterator, provisional ones included. One is acknowledged when the next is asked for, or when the loop is left. It ends with the
   * client: normally after `close` or `end`, by throwing `AirlockClosed` otherwise.
   * @returns {AsyncIterableIterator<Message>}
   * @throws {Error} if another iterator is in use
   */
  messages() {
    if (this.#reader) throw new Error('The messages are being read by another iterator.');
    const reader = new MessageReader(() => { this.#reader = null; });
    this.#reader = reader;
    if (this.#readerEnd) reader.finish(this.#readerEnd.error);
    else this.#delivery.pump();
    return reader;
  }

  /**
   * Leaves; the session stays for a while, and with a storage the next client resumes it.
   * @returns {Promise<void>} fulfilled when the connection is closed
   */
  close() {
    return this.#finished ? Promise.resolve() : this.#driver.close();
  }

  /**
   * Ends the session when everything that was sent is handled. Nothing can be sent any more.
   * @returns {Promise<void>} fulfilled when the server has finished; rejected with `AirlockClosed` if the client stopped for another reason
   */
  async end() {
    this.#ending = true;
    if (!this.#finished && this.#session.id === null && this.#session.outbox.length === 0) await this.close();
    else this.#driver.end();
    const closed = await this.closed;
    if (!closed.isOrderly) throw closed;
  }

  /**
   * As EventTarget's; what a listener returns is awaited before the next message.
   * @template {keyof AirlockEvents} K
   * @param {K} type
   * @param {((event: AirlockEvent<AirlockEvents[K]>) => unknown) | { handleEvent(event: AirlockEvent<AirlockEvents[K]>): unknown } | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @override
   */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    if (type === 'message') {
      this.#listens = true;
      this.#delivery.pump();
    }
  }

  /** @param {Receipt} receipt */
  #track(receipt) {
    const message = Receipt.messageOf(receipt);
    this.#receipts.set(message, receipt);
    return message;
  }

  /**
   * @template {keyof AirlockEvents} K
   * @param {K} type
   * @param {AirlockEvents[K]} detail
   */
  #emit(type, detail) {
    const event = new AirlockEvent(type, detail);
    this.dispatchEvent(event);
    return event;
  }

  /** @param {Link} link */
  #changed(link) {
    const entered = link.takeEntered();
    for (const fields of entered) this.#record(link, fields);
    if (this.#driver.link !== link) return;
    // A connection that takes over shows where it stands, not the way there.
    const states = this.#shown === link ? entered.map(({ state }) => state) : [link.state];
    this.#shown = link;
    for (const state of states) this.#show(state);
  }

  /** @param {ConnectionStateName} to */
  #show(to) {
    const from = this.#shownState;
    this.#shownState = to;
    if (this.#lastClose && to === 'CONNECTING') this.#lastClose = { ...this.#lastClose, retryAt: null };
    this.#emit('state', { from, to, state: this.state });
  }

  /** @param {Link} link @param {Pick<TimelineEntry, 'at'> & Partial<TimelineEntry>} fields */
  #record(link, fields) {
    this.#emit('timeline', this.#timeline.add(link, fields));
  }

  /** @param {Link} link @param {string} remark */
  #remark(link, remark) {
    this.#record(link, { at: this.#platform.now(), remark });
  }

  /** @param {Link} link @param {'new' | 'resumed'} resume @param {Loss | null} loss */
  #attached(link, resume, loss) {
    this.#remark(link, resume === 'resumed' ? 'session resumed' : loss ? 'session lost, new one' : 'new session');
    if (loss) this.#delivery.push({ type: 'lost', detail: loss, epoch: this.#session.epoch, s: null, re: null });
    this.#resolveReady();
  }

  /** @param {NumberedFrame} frame */
  #arrived(frame) {
    const { outbox, epoch } = this.#session;
    const message = frame.re === null ? null : outbox.at(frame.re);
    const id = message?.id ?? null;
    const item = { epoch, s: frame.s, re: frame.re };
    if (frame.t === 'data') {
      const { b: payload, p: provisional, re, try: attempt, s: sequence } = frame;
      this.#delivery.push({ ...item, type: 'message', message: { payload, provisional, re, id, try: attempt, sequence, session: this.#session.id ?? '' } });
    } else if (frame.t === 'nack') {
      if (message && !message.refused) {
        message.refused = true;
        message.refuse?.(new MessageRefused(message.id, frame.cause, frame.status));
      }
      this.#delivery.push({ ...item, type: 'nack', detail: { re: frame.re, id, cause: frame.cause, status: frame.status } });
    } else if (frame.t === 'end') {
      if (message && frame.stopped) message.stopped = true;
      this.#delivery.push({ ...item, type: 'end', detail: { re: frame.re, try: frame.try, id, stopped: frame.stopped } });
    } else {
      this.#delivery.push({ ...item, type: 'void', detail: { re: frame.re, try: frame.try, id, cause: 'try_failed' } });
    }
  }

  /** @param {DeliveryItem} item @returns {Promise<unknown> | null} */
  #dispatch(item) {
    if (item.type === 'finish') {
      this.#readerEnd = item;
      this.#reader?.finish(item.error);
      return null;
    }
    if (item.type === 'lost') return this.#dispatchLost(item.detail);
    if (item.type !== 'message') return this.#emit(item.type, /** @type {any} */ (item.detail)).settled;
    const handling = this.#emit('message', item.message).settled;
    const reader = this.#reader;
    if (!reader) return handling;
    return handling ? handling.then(() => reader.offer(item.message)) : reader.offer(item.message);
  }

  /** The tries that the old session left open will never end: they are withdrawn. @param {Loss} loss */
  #dispatchLost(loss) {
    const events = this.#session.inbox.open.map((attempt) => {
      this.#session.inbox.settled(attempt);
      return this.#emit('void', { ...attempt, cause: 'session_lost' });
    });
    const pending = [...events, this.#emit('lost', loss)].flatMap((event) => event.settled ?? []);
    return pending.length > 0 ? Promise.all(pending) : null;
  }

  /** @param {DeliveryItem} item */
  #handled(item) {
    const { inbox, outbox, epoch } = this.#session;
    if (item.type === 'message' && item.message.provisional && item.message.re !== null && item.message.try !== null) {
      inbox.opened({ re: item.message.re, try: item.message.try, id: item.message.id });
    } else if (item.type === 'end' || item.type === 'void') {
      inbox.settled(item.detail);
    }
    if (item.s !== null && item.epoch === epoch) {
      inbox.handle(item.s);
      if (item.re !== null) outbox.forget(item.re);
    }
    // In one step with the end of the application's handling: nothing can come between what it kept and this.
    this.#save();
    this.#driver.acknowledge();
  }

  /** @param {Link} link @param {Ending} ending @param {number | null} retryIn @param {boolean} final */
  #ended(link, { code, cause, text: message, advice: retry }, retryIn, final) {
    const now = this.#platform.now();
    const close = { code, cause, message, retry, retryAt: retryIn === null ? null : now + retryIn, final };
    for (const entered of link.takeEntered()) this.#record(link, entered.state === link.state ? { ...entered, cause, code, remark: message || null } : entered);
    if (this.#shown === link) {
      this.#lastClose = close;
      this.#show(link.state);
    }
    this.#emit('close', { ...close, link: link.number, connection: link.open?.connection ?? null });
  }

  /** @param {Ending} ending */
  #finish({ cause, code, text, origin }) {
    const error = new AirlockClosed(cause, code, text, origin);
    this.#finished = error;
    if (!this.#lastClose?.final) {
      // There was no connection to close: the wait for the next is over.
      this.#lastClose = { code, cause, message: text, retry: 'never', retryAt: null, final: true };
      this.#show(this.#shownState ?? 'CLOSED');
    }
    globalThis.removeEventListener?.('online', this.#hurry);
    if (cause === 'bye' && this.#store) {
      this.#store.storage.removeItem(this.#store.key);
      this.#store = null;
    }
    this.#rejectReady(error);
    for (const message of this.#session.outbox.messages) message.refuse?.(error);
    const readerError = error.isOrderly ? null : error;
    if (cause === 'client_closed') {
      // The application has left: it is given nothing more, and a resumed session brings it again.
      this.#delivery.stop();
      this.#readerEnd = { error: readerError };
      this.#reader?.finish(readerError);
    } else {
      this.#delivery.push({ type: 'finish', error: readerError, epoch: this.#session.epoch, s: null, re: null });
    }
    this.#resolveClosed(error);
  }

  #save() {
    const store = this.#store;
    const error = store && savePosition(store.storage, store.key, this.#session.position);
    if (!store || !error || store.failed) return;
    store.failed = true;
    this.#emit('storage', { error });
  }
}
