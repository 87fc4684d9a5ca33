// The client as an application sees it: state, events, messages, receipts. What is decided is ClientCore's, what is carried out the driver's.

import { AirlockClosed } from './airlockClosed.js';
import { AirlockEvent, AsyncEventTarget } from './airlockEvent.js';
import { ClientCore } from './clientCore.js';
import { checkOptions, resolveUrl } from './clientOptions.js';
import { Clock } from './clock.js';
import { Credentials } from './credentials.js';
import { Delivery } from './delivery.js';
import { Driver } from './driver.js';
import { WireLimits, utf8Length } from './frame.js';
import { itemOf, partsOf } from './item.js';
import { MessageReader, offerAll } from './messageReader.js';
import { MessageRefused } from './messageRefused.js';
import { PageLife } from './pageLife.js';
import { writePayload } from './payload.js';
import { systemPlatform } from './platform.js';
import { PositionStore } from './positionStore.js';
import { Receipt } from './receipt.js';
import { Session } from './session.js';
import { Status } from './status.js';
import { traceparentOf } from './trace.js';
import { isId } from './wireText.js';

/** @import { Listener } from './airlockEvent.js' */
/** @import { AirlockClientOptions, AirlockEvents, SendOptions } from './clientOptions.js' */
/** @import { ClientState } from './clientState.js' */
/** @import { SocketConstructor } from './driver.js' */
/** @import { Found, TellEffect } from './effect.js' */
/** @import { Ending } from './ending.js' */
/** @import { NumberedFrame } from './frame.js' */
/** @import { Item, ReceivedItem } from './item.js' */
/** @import { OutboxMessage, StoredMessage } from './outbox.js' */

const CLIENT_NAME = 'airlock-js/0.1.0';

/**
 * A client of an Airlock endpoint. It connects by itself once the code that made it has run, so listeners can be added first; it reconnects and resumes until it is
 * closed or the server says to stop.
 * @extends {AsyncEventTarget<AirlockEvents>}
 */
export class AirlockClient extends AsyncEventTarget {
  #session;
  #driver;
  #delivery;
  #status;
  #pageLife;
  /** @type {PositionStore | null} */
  #store = null;
  #hasToldStorage = false;
  /** @type {AirlockClosed | null} */
  #finished = null;
  #ending = false;
  /** The application has said `end`, and reads nothing. */
  #readsNoMore = false;
  /** @type {Set<string>} */
  #listensTo = new Set();
  /** @type {MessageReader | null} */
  #reader = null;
  /** What the iterator ends with, once everything before was handled. @type {{ error: Error | null } | null} */
  #readerEnd = null;
  /** @type {WeakMap<OutboxMessage, Receipt>} */
  #receipts = new WeakMap();
  #queue;
  #traceparent;
  #platform;
  /** @type {(value: void) => void} */
  #resolveReady = () => undefined;
  /** @type {(error: Error) => void} */
  #rejectReady = () => undefined;
  /** @type {(error: AirlockClosed) => void} */
  #resolveClosed = () => undefined;

  /**
   * @param {string | URL} url of the endpoint; relative to the page in a browser
   * @param {AirlockClientOptions} [options]
   */
  constructor(url, options = {}) {
    super();
    const { storage, storageKey = `airlock:${url}`, platform = systemPlatform, queueMax = 1024, queueBytesMax = 16 * 1024 * 1024, clientName = CLIENT_NAME, connectTimeout = 30_000, WebSocket = globalThis.WebSocket } = options;
    checkOptions({ WebSocket, storage, queueMax, queueBytesMax, connectTimeout, clientName, instance: options.instance });
    this.#platform = platform;
    this.#queue = { max: queueMax, bytesMax: queueBytesMax };
    this.#traceparent = options.traceparent;
    const clock = new Clock(platform);
    const credentials = new Credentials(options);
    const address = resolveUrl(url, Boolean(options.ticket));
    const revive = (/** @type {StoredMessage} */ { id, b, stop }) => this.#track(new Receipt(id, b, stop), true);

    const instance = options.instance ?? null;
    const random = instance === null ? platform.randomId() : '';
    this.#store = storage ? new PositionStore(storage, storageKey, platform.randomId()) : null;
    const position = this.#store?.load() ?? null;
    this.#session = new Session(instance ?? position?.instance ?? random);
    if (position) this.#session.restore(position, revive);
    // From now on it is this client's, and an earlier one that still runs writes no more.
    this.#store?.save(this.#session.position);

    /** Fulfilled at the first PROCESSING_READY; rejected with `AirlockClosed` if the client stops for good before. @type {Promise<void>} @readonly */
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => undefined);
    /** Fulfilled when the client has stopped for good, with the reason. @type {Promise<AirlockClosed>} @readonly */
    this.closed = new Promise((resolve) => { this.#resolveClosed = resolve; });

    this.#delivery = new Delivery({
      dispatch: (item) => this.#dispatch(item),
      hasConsumer: (item) => this.#hasConsumer(item),
      handled: (item) => this.#handled(item),
    });
    this.#status = new Status(this.#session, {
      wall: () => clock.wall,
      added: (entry) => this.#emit('timeline', entry),
      entered: (from, to) => this.#emit('state', { from, to, state: this.state }),
    });
    const core = new ClientCore(this.#session, {
      clientName, connectTimeout, canAsk: credentials.canAsk, canRefresh: credentials.canRefresh, isKept: this.#store !== null, random: () => platform.random(), wall: () => clock.wall,
      traceparent: () => traceparentOf(this.#traceparent), revive,
    });
    this.#driver = new Driver(core, { url: address, WebSocket: /** @type {SocketConstructor} */ (WebSocket), credentials, platform, clock }, {
      tell: (effect) => this.#told(effect),
      save: () => this.#save(),
      letGo: () => this.#store?.letGo(),
      putAway: () => (this.#finished ? null : this.#store?.putAway(this.#session.place) ?? null),
      take: (found) => this.#store?.take(found.position),
      newer: () => this.#newer(),
      isRemoved: () => this.#store?.isRemoved === true,
    });
    this.#pageLife = new PageLife({ putAway: (isCached) => this.#driver.putAway(isCached), back: () => this.#driver.hurry() });
    queueMicrotask(() => {
      this.#driver.start();
      this.#tellLosses();
    });
  }

  /** Where the client stands: a copy that does not change. @returns {ClientState} */
  get state() { return this.#status.describe(); }

  /** What happened, oldest first: the last 256 entries. */
  get timeline() { return this.#status.timeline.entries; }

  /** Receipts of the messages that are not finished, in order; after a reload also of those an earlier page has sent. @returns {Receipt[]} */
  get pending() {
    return this.#session.outbox.messages.flatMap((message) => (message.refused ? [] : this.#receipts.get(message) ?? []));
  }

  /**
   * Sends a message: now, when the client is ready, or again after a reconnect. The server handles it once.
   * @param {unknown} payload any JSON value
   * @param {SendOptions} [options]
   * @returns {Receipt}
   * @throws {MessageRefused} with the cause `queue_full`, if too much is unfinished
   * @throws {Error} if it cannot be sent: no JSON, too large, the id is pending, the client has ended
   */
  send(payload, { id = this.#platform.randomId(), traceparent = this.#traceparent } = {}) {
    if (this.#finished || this.#ending) throw new Error(`Nothing can be sent: the client has ${this.#finished ? `stopped with ${this.#finished.cause}` : 'said end'}.`);
    if (!isId(id)) throw new RangeError('An id has 1 to 64 characters from ! to ~.');
    const text = writePayload(id, payload, this.#status.link?.open?.limits.message ?? WireLimits.messageBytes);
    const { outbox } = this.#session;
    if (outbox.find(id)) throw new Error(`A message with the id ${id} is pending.`);
    if (outbox.length >= this.#queue.max || outbox.bytes + utf8Length(text) > this.#queue.bytesMax) throw new MessageRefused(id, 'queue_full');
    const receipt = new Receipt(id, text);
    outbox.append(Object.assign(this.#track(receipt), { traceparent: traceparentOf(traceparent) }));
    this.#driver.sent();
    return receipt;
  }

  /**
   * Stops the handling of a message: the only way to cancel one. Told again after reconnects until the server has finished it.
   * @param {Receipt | string} message its receipt or id
   * @returns {boolean} false if it is finished already, or unknown
   */
  stop(message) {
    const found = this.#finished ? null : this.#session.outbox.find(typeof message === 'string' ? message : message?.id);
    if (!found) return false;
    if (!found.message.stop) {
      found.message.stop = true;
      this.#save();
      this.#driver.stop(found);
    }
    return true;
  }

  /**
   * Everything that arrives, in order, as an async iterator: messages, provisional ones included, and what settles, withdraws, refuses or misses them, told apart by `type`. One is acknowledged
   * when the next is asked for, or when the loop is left. It ends with the client: normally after `close` or `end`, by throwing `AirlockClosed` otherwise.
   * @returns {AsyncIterableIterator<ReceivedItem>}
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
    return this.#finished ? Promise.resolve() : this.#driver.leave();
  }

  /**
   * Ends the session when everything that was sent is handled. Nothing can be sent any more.
   * @returns {Promise<void>} fulfilled when the server has finished; rejected with `AirlockClosed` if the client stopped for another reason
   */
  async end() {
    this.#ending = true;
    if (!this.#finished && this.#session.id === null && this.#session.outbox.length === 0) await this.close();
    else this.#driver.bye();
    await null;
    this.#readsNoMore = true;
    this.#delivery.pump();
    const closed = await this.closed;
    if (!closed.isOrderly) throw closed;
  }

  /**
   * As EventTarget's; what a listener returns is awaited before the next message.
   * @template {keyof AirlockEvents} K
   * @param {K} type
   * @param {Listener<AirlockEvents[K]>} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @override
   */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    if (!listener) return;
    this.#listensTo.add(type);
    this.#delivery.pump();
  }

  /** @param {Receipt} receipt @param {boolean} [kept] whether it lies in the storage, where an earlier client has left it */
  #track(receipt, kept = false) {
    const message = Object.assign(Receipt.messageOf(receipt), { kept });
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

  /** @param {TellEffect} effect */
  #told(effect) {
    switch (effect.do) {
      case 'changed': return this.#status.changed(effect.link, effect.entered, effect.isShown);
      case 'gate': {
        const { name, required, state, elapsed, deadline, retryAfter } = effect.frame;
        this.#status.remark(effect.link, `gate ${name} ${state}`);
        return void this.#emit('gate', { name, required, state, elapsed, deadline, retryAfter });
      }
      case 'stripped': {
        const { sent, stripped } = effect.link;
        this.#status.remark(effect.link, `stripped on the way: ${stripped.join(', ')}`);
        return void this.#emit('stripped', { sent, stripped });
      }
      case 'attached': {
        const { link, frame, loss } = effect;
        this.#status.remark(link, frame.resume === 'resumed' ? 'session resumed' : loss ? 'session lost, new one' : 'new session');
        return this.#resolveReady();
      }
      case 'arrived': return this.#arrived(effect.frame);
      case 'adopted': {
        const { session, from, to, unknown, epoch } = effect;
        // What waits of the session comes again, or was given elsewhere. What is left of those before is nobody else's, unless their loss was told elsewhere.
        this.#delivery.forget((item) => item.s !== null && item.epoch >= epoch);
        this.#tellLosses();
        this.#giveUp(unknown);
        return this.#delivery.push({ type: 'adopted', detail: { session, from, to }, epoch: this.#session.epoch, session, s: null, re: null });
      }
      case 'yielded':
        this.#tellLosses();
        return this.#giveUp(effect.messages);
      case 'ended': {
        const { link, entered, ending, retryIn, final } = effect;
        const close = this.#status.ended(link, entered, ending, retryIn, final);
        return void this.#emit('close', { ...close, link: link.number, connection: link.open?.connection ?? null });
      }
      default: return this.#finish(effect.ending);
    }
  }

  /** What is lost is told behind what has arrived; and nothing is given of a session whose loss another client tells. */
  #tellLosses() {
    const { left, told } = this.#session.losses.take();
    this.#delivery.forget(({ session }) => session !== null && left.includes(session));
    for (const loss of told) this.#delivery.push({ type: 'lost', detail: loss, epoch: this.#session.epoch, session: loss.session, s: null, re: null });
  }

  /** Somebody else goes on with them. @param {OutboxMessage[]} messages */
  #giveUp(messages) {
    for (const message of messages) message.refuse?.(new MessageRefused(message.id, 'elsewhere'));
  }

  /** @param {NumberedFrame} frame */
  #arrived(frame) {
    const message = 're' in frame && frame.re !== null ? this.#session.outbox.at(frame.re) : null;
    if (frame.t === 'nack' && message) this.#session.outbox.refuse(message, frame);
    else if (frame.t === 'end' && message && frame.stopped) message.stopped = true;
    this.#delivery.push(itemOf(frame, this.#session));
  }

  /**
   * Whether somebody takes it. Nobody misses a `nack`, which the receipt tells, nor an end of what was never given; and who has said `end` and reads nothing has nothing to wait for.
   * @param {Item} item
   */
  #hasConsumer({ type, session }) {
    if (this.#listensTo.has('message') || this.#reader || this.#readsNoMore || type === 'finish' || type === 'unknown' || type === 'nack') return true;
    return this.#listensTo.has(type) || ((type === 'end' || type === 'void') && this.#session.inbox.openOf(session).length === 0);
  }

  /** @param {Item} item @returns {Promise<boolean> | null} */
  #dispatch(item) {
    if (item.type === 'unknown') return null;
    if (item.type === 'finish') {
      this.#readerEnd = { error: item.detail };
      this.#reader?.finish(item.detail);
      return null;
    }
    item.parts ??= partsOf(item, this.#session).map((part) => {
      const { type, ...detail } = part;
      return { part, settled: this.#emit(type, /** @type {any} */ (detail)).settled };
    });
    const reader = this.#reader;
    const pending = item.parts.flatMap(({ settled }) => settled ?? []);
    if (!reader) return pending.length > 0 ? Promise.all(pending).then(() => true) : null;
    return offerAll(reader, item.parts.map(({ part }) => part), pending);
  }

  /** @param {Item} item */
  #handled(item) {
    if (this.#finished && this.#delivery.isStopped) return;
    this.#session.finish(item);
    // In one step with the end of the application's handling: nothing can come between what it kept and this.
    this.#save();
    this.#driver.acknowledge();
  }

  /** @param {Ending} ending */
  #finish(ending) {
    const { cause, code, text, origin } = ending;
    const error = new AirlockClosed(cause, code, text, origin);
    this.#finished = error;
    this.#status.finish(ending);
    this.#pageLife.leave();
    if (cause === 'bye') this.#store?.remove(this.#session.place);
    this.#rejectReady(error);
    for (const message of this.#session.outbox.messages) message.refuse?.(error);
    const readerError = error.isOrderly ? null : error;
    if (cause === 'client_closed' || (this.#store && cause !== 'bye')) {
      // The application has left, or a later client goes on from what is kept: it is given nothing more, and a resumed session brings it again.
      this.#delivery.stop();
      this.#readerEnd = { error: readerError };
      this.#reader?.finish(readerError);
    } else {
      this.#delivery.push({ type: 'finish', detail: readerError, epoch: this.#session.epoch, session: null, s: null, re: null });
    }
    this.#resolveClosed(error);
  }

  /** Nothing is kept after the end: a later client may have the position by then. */
  #save() {
    if (!this.#store || this.#finished) return;
    const kept = this.#store.save(this.#session.position);
    if (kept === true) this.#session.markKept();
    else if (kept !== false && !this.#hasToldStorage) {
      this.#hasToldStorage = true;
      this.#emit('storage', { error: kept });
    }
  }

  /** @returns {Found | null} */
  #newer() {
    const position = this.#finished ? null : this.#store?.newer(this.#session.place) ?? null;
    const inHand = this.#delivery.inHand;
    return position && { position, wasOwner: this.#store?.isOwnerBack === true, inHand: inHand?.epoch === this.#session.epoch ? inHand.s ?? 0 : 0 };
  }
}
