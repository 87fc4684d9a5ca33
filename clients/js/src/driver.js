// The one driver: it moves frames between sockets, the link machines and the session, and decides when to dial. Everything it waits for is a timer or an event.

import { ACK_DELAY, Acks } from './acks.js';
import { Backoff, STEADY } from './backoff.js';
import { CLIENT_REASONS } from './closeReason.js';
import { PROTOCOL } from './credentials.js';
import { endingBefore, endingBy, endingOf } from './ending.js';
import { FrameError, readMessage } from './frame.js';
import { writeAck, writeBye, writeDataWithin, writeHello, writePong, writeRefresh, writeStop } from './frameWriter.js';
import { Link } from './link.js';
import { MessageRefused } from './messageRefused.js';
import { Timers } from './platform.js';
import { Unopened } from './unopened.js';

/** @import { Credentials, Offer } from './credentials.js' */
/** @import { DriverHost } from './driverHost.js' */
/** @import { Ending } from './ending.js' */
/** @import { AuthedFrame, DrainFrame, ReadyFrame, NumberedFrame, ServerFrame } from './frame.js' */
/** @import { NumberedMessage } from './outbox.js' */
/** @import { Platform } from './platform.js' */
/** @import { Session } from './session.js' */

/** @typedef {{ send(text: string): void, close(code?: number, reason?: string): void, protocol: string, addEventListener(type: any, listener: (event: any) => void): void }} Socket what is needed of a WebSocket */
/** @typedef {new (url: string, protocols: string[]) => Socket} SocketConstructor */
/** @typedef {{ link: Link, socket: Socket | null, offer: Offer | null, heardAt: number, refreshing: boolean, saidBye: boolean }} Connection */

const CLOSE_MAX = 5_000;
const REFRESH_RETRY = 5_000;

export class Driver {
  /** @type {Connection | null} */
  #current = null;
  /** The connection that is to take over after a drain. @type {Connection | null} */
  #next = null;
  #links = 0;
  #finished = false;
  #ending = false;
  #backoff = new Backoff();
  #acks = new Acks();
  #timers;
  #unopened;
  #options;
  #session;
  #host;

  /**
   * @param {{ url: string, clientName: string, WebSocket: SocketConstructor, credentials: Credentials, traceparent: () => string | undefined, platform: Platform }} options
   * @param {Session} session
   * @param {DriverHost} host
   */
  constructor(options, session, host) {
    this.#options = options;
    this.#session = session;
    this.#host = host;
    this.#timers = new Timers(options.platform);
    this.#unopened = new Unopened(options);
  }

  /** The link that counts: the one that carries data, or the one being made. */
  get link() { return this.#current?.link ?? null; }

  start() {
    if (!this.#finished && !this.#current) this.#dial('current');
  }

  /** The network may be back: do not wait for the back-off. */
  hurry() {
    if (!this.#timers.has('reconnect')) return;
    this.#timers.clear('reconnect');
    this.#dial('current');
  }

  /** Writes what can be written: messages within the window, then `bye` if the application has ended. */
  flush() {
    const connection = this.#current;
    if (!connection?.link.attached) return;
    const { outbox, window } = this.#session;
    const most = connection.link.open?.limits.message ?? 0;
    for (let next = outbox.peek(window); next; next = outbox.peek(window)) {
      const ack = this.#acks.due(this.#session.inbox.handled);
      const text = writeDataWithin(most, next.s, next.message, ack);
      if (text === null) {
        outbox.drop();
        next.message.refuse?.(new MessageRefused(next.message.id, 'message_too_large'));
        this.#host.save();
        continue;
      }
      outbox.advance();
      if (ack !== null) this.#said(ack);
      this.#write(connection, text);
      if (next.message.stop) this.#write(connection, writeStop(next.s));
    }
    if (this.#ending && !connection.saidBye && outbox.transmitted === outbox.last) {
      connection.saidBye = true;
      this.#write(connection, writeBye());
    }
  }

  /** @param {NumberedMessage} numbered */
  stop({ s }) {
    // Not written yet: `flush` writes the stop behind its message.
    if (this.#current?.link.attached && s <= this.#session.outbox.transmitted) this.#write(this.#current, writeStop(s));
  }

  /** The application has handled more: acknowledge soon. */
  acknowledge() {
    const ack = this.#acks.due(this.#session.inbox.handled);
    if (ack === null || !this.#current?.link.attached) return;
    if (this.#acks.isUrgent(ack)) this.#writeAck();
    else if (!this.#timers.has('ack')) this.#timers.set('ack', ACK_DELAY, () => this.#writeAck());
  }

  /** No more input: the session ends when the server has finished what it has. */
  end() {
    this.#ending = true;
    this.flush();
  }

  /** Leaves at once; the session stays. @returns {Promise<void>} fulfilled when the socket is closed, or after five seconds */
  close() {
    const connection = this.#current;
    const socket = connection?.link.over ? null : connection?.socket;
    const gone = new Promise((/** @type {(value: void) => void} */ resolve) => {
      if (!socket) return resolve();
      const timer = this.#options.platform.setTimeout(resolve, CLOSE_MAX);
      socket.addEventListener('close', () => {
        this.#options.platform.clearTimeout(timer);
        resolve();
      });
    });
    this.#writeAck();
    const ending = endingBy(CLIENT_REASONS.closed, 'never');
    this.#finished = true;
    for (const each of [this.#next, connection]) {
      if (each) this.#leave(each, ending);
    }
    this.#finish(ending);
    return gone;
  }

  /** @param {'current' | 'next'} role */
  #dial(role) {
    const link = new Link(++this.#links, this.#options.platform.now());
    /** @type {Connection} */
    const connection = { link, socket: null, offer: null, heardAt: this.#options.platform.now(), refreshing: false, saidBye: false };
    if (role === 'next') this.#next = connection;
    else this.#current = connection;
    this.#watch(connection);
    this.#host.changed(link);
    void this.#connect(connection);
  }

  /** @param {Connection} connection */
  async #connect(connection) {
    const { link } = connection;
    try {
      connection.offer = await this.#options.credentials.offer();
    } catch (origin) {
      return this.#ended(connection, endingBefore('credentials_unavailable', 'resume_later', 'The application could not give credentials.', origin));
    }
    if (link.over) return;
    link.sent = connection.offer.sent;
    /** @type {Socket} */
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url, connection.offer.protocols);
    } catch (origin) {
      return this.#ended(connection, endingBefore('connection_refused', 'never', 'A WebSocket could not be made.', origin));
    }
    connection.socket = socket;
    let hasOpened = false;
    /** @type {unknown} */
    let problem = null;
    socket.addEventListener('open', () => {
      hasOpened = true;
      this.#unopened.opened();
      if (socket.protocol !== PROTOCOL) this.#violated(connection, `The server speaks '${socket.protocol}'.`);
    });
    socket.addEventListener('message', ({ data }) => this.#received(connection, data));
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      if (!link.over) this.#ended(connection, hasOpened || code !== 1006 ? endingOf(link.closing, code, reason, wasClean) : this.#unopened.failed(problem, this.#session.id !== null));
    });
    // What an error means is told by the close that follows it.
    socket.addEventListener('error', ({ message }) => { problem = message; });
  }

  /** @param {Connection} connection @param {unknown} data */
  #received(connection, data) {
    if (connection.link.over) return;
    connection.heardAt = this.#options.platform.now();
    try {
      if (typeof data !== 'string') throw new FrameError('A message is binary.');
      for (const frame of readMessage(data)) {
        if (connection.link.over) return;
        this.#frame(connection, frame);
      }
      // At the end of the message: a refusal may stand behind the `d` that covers it.
      this.#session.outbox.settle(this.#session.inbox.arrived);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#violated(connection, error.message);
    }
  }

  /** @param {Connection} connection @param {ServerFrame} frame */
  #frame(connection, frame) {
    const { link } = connection;
    const before = link.state;
    link.accept(frame, connection.heardAt);
    if (frame.t === 'ready') return this.#attach(connection, frame);
    if (link.state !== before) this.#host.changed(link);
    switch (frame.t) {
      case 'open': return this.#hello(connection);
      case 'authed': return this.#authenticated(connection, frame);
      case 'gate': return this.#host.gate(link, frame);
      case 'ping': return this.#write(connection, writePong());
      case 'refresh': return void this.#refresh(connection);
      case 'drain': return this.#drain(connection, frame);
      case 'closing': return this.#timers.set(`close:${link.number}`, CLOSE_MAX, () => this.#leave(connection, endingOf(frame, frame.code, frame.cause, false)));
      case 'ack':
        if (this.#session.outbox.acknowledge(frame.a, frame.d, this.#session.inbox.arrived)) this.#host.save();
        break;
      default:
        this.#numbered(connection, frame);
    }
    this.flush();
  }

  /** @param {Connection} connection */
  #hello(connection) {
    const { link, offer } = connection;
    this.#watch(connection);
    if (link.stripped.length > 0) this.#host.stripped(link);
    link.resume = this.#session.askResume();
    if (link.resume) this.#host.save();
    if (connection === this.#next && link.resume) this.#acks.holdAt(link.resume.received);
    this.#write(connection, writeHello({
      client: this.#options.clientName, instance: this.#session.instance, sent: link.sent,
      auth: offer?.auth(link.open?.carriers ?? []), resume: link.resume ?? undefined,
      saw: link.resume ? this.#session.saw(connection === this.#current) : undefined, traceparent: this.#session.generation === 0 ? this.#options.traceparent() : undefined,
    }));
  }

  /** @param {Connection} connection @param {AuthedFrame} frame */
  #authenticated(connection, frame) {
    const { link } = connection;
    connection.refreshing = false;
    this.#watch(connection);
    if (this.#session.authenticate(frame.user)) this.#host.save();
    if (frame.refreshBefore === null || !this.#options.credentials.canRefresh) return;
    const left = frame.refreshBefore - link.clockOffset - connection.heardAt;
    this.#timers.set(`refresh:${link.number}`, left * (0.8 + 0.15 * this.#options.platform.random()), () => void this.#refresh(connection));
  }

  /** @param {Connection} connection @param {ReadyFrame} frame */
  #attach(connection, frame) {
    const { link } = connection;
    const loss = this.#session.attach(frame, link.resume);
    const old = connection === this.#next ? this.#current : null;
    this.#current = connection;
    this.#next = null;
    this.#timers.set('steady', STEADY, () => this.#backoff.reset());
    this.#timers.clear('ack');
    this.#timers.clear('handover');
    this.#acks.attach(frame.resume === 'resumed' ? link.resume?.received ?? 0 : 0);
    this.#watch(connection);
    this.#host.save();
    if (old) this.#leave(old, endingBy(CLIENT_REASONS.replaced, 'never'));
    this.#host.changed(link);
    this.#host.attached(link, frame, loss);
    this.#session.outbox.messages.slice(0, this.#session.outbox.transmitted - this.#session.outbox.done)
      .forEach((message, place) => message.stop && this.#write(connection, writeStop(this.#session.outbox.done + 1 + place)));
    this.flush();
    this.acknowledge();
  }

  /** @param {Connection} connection @param {NumberedFrame} frame */
  #numbered(connection, frame) {
    const { inbox, outbox } = this.#session;
    if ((frame.re ?? 0) > outbox.transmitted) throw new FrameError(`${frame.t} answers a message that was never sent.`);
    const isNext = inbox.accept(frame.s);
    if (isNext) this.#host.arrived(connection.link, frame);
    if (outbox.acknowledge(frame.a, frame.d, inbox.arrived)) this.#host.save();
  }

  /** @param {Connection} connection */
  async #refresh(connection) {
    if (connection.refreshing || !connection.link.live || !this.#options.credentials.canRefresh) return;
    connection.refreshing = true;
    const token = await this.#options.credentials.refreshed().catch(() => null);
    if (!connection.link.live) return;
    if (token) return this.#write(connection, writeRefresh(token));
    connection.refreshing = false;
    this.#timers.set(`refresh:${connection.link.number}`, REFRESH_RETRY, () => void this.#refresh(connection));
  }

  /** @param {Connection} connection @param {DrainFrame} frame */
  #drain(connection, frame) {
    // A connection that is not ready yet has nothing to hand over: the server closes it and says when to come back.
    if (connection !== this.#current || !connection.link.ready || this.#next || this.#timers.has('handover')) return;
    this.#timers.set('handover', frame.delay * (1 + 0.2 * this.#options.platform.random()), () => this.#dial('next'));
  }

  #writeAck() {
    const ack = this.#acks.due(this.#session.inbox.handled);
    if (ack === null || !this.#current?.link.attached) return;
    this.#said(ack);
    this.#write(this.#current, writeAck(ack));
  }

  /** @param {number} ack */
  #said(ack) {
    this.#acks.said(ack);
    this.#timers.clear('ack');
  }

  /** Gives a connection up that stays silent for too long. @param {Connection} connection */
  #watch(connection) {
    const check = () => {
      const { link, heardAt } = connection;
      const left = heardAt + link.patience - this.#options.platform.now();
      if (left <= 0) this.#leave(connection, endingBy(CLIENT_REASONS.silent, 'resume'));
      else this.#timers.set(`silence:${link.number}`, left, check);
    };
    this.#timers.set(`silence:${connection.link.number}`, connection.link.patience, check);
  }

  /** @param {Connection} connection @param {string} text */
  #violated(connection, text) {
    this.#leave(connection, endingBy(CLIENT_REASONS.violation, 'never', text));
  }

  /** @param {Connection} connection @param {string} text */
  #write({ socket }, text) {
    try {
      socket?.send(text);
    } catch {
      // The socket is on its way out; its close tells why, and what was not stored is sent again.
    }
  }

  /** This side closes. What the socket still does is of no interest. @param {Connection} connection @param {Ending} ending */
  #leave(connection, ending) {
    if (connection.link.over) return;
    const before = connection.link.state;
    connection.link.leave(this.#options.platform.now());
    if (connection.link.state !== before) this.#host.changed(connection.link);
    try {
      // A client may close with 1000 and 4900 to 4999 only.
      connection.socket?.close(ending.code >= 4900 ? ending.code : 1000, ending.cause);
    } catch {
      // Some sockets refuse to be closed while they connect.
    }
    this.#ended(connection, ending);
  }

  /** @param {Connection} connection @param {Ending} ending */
  #ended(connection, ending) {
    const { link } = connection;
    if (link.over) return;
    for (const name of ['silence', 'close', 'refresh']) this.#timers.clear(`${name}:${link.number}`);
    link.end(ending.clean, this.#options.platform.now());
    if (connection === this.#next || connection === this.#current) this.#session.noteEnd(link.open, ending, this.#options.platform.now() - connection.heardAt);
    if (connection === this.#next) return this.#handoverFailed(link, ending);
    if (connection !== this.#current || this.#finished) return this.#host.ended(link, ending, null, this.#finished);

    for (const name of ['ack', 'handover', 'steady']) this.#timers.clear(name);
    if (this.#next) {
      this.#current = this.#next;
      this.#next = null;
      this.#host.ended(link, ending, null, false);
      return this.#host.changed(this.#current.link);
    }
    if (ending.cause === 'superseded' && this.#session.mayHaveSupersededItself) ending = { ...ending, advice: 'resume' };
    if (ending.advice === 'never') {
      this.#host.ended(link, ending, null, true);
      return this.#finish(ending);
    }
    if (ending.advice === 'new') this.#session.drop();
    const delay = this.#backoff.next(ending.advice, ending.hint, this.#options.platform.random());
    this.#timers.set('reconnect', delay, () => this.#dial('current'));
    this.#host.ended(link, ending, delay, false);
  }

  /** The old connection still works: try again, unless the server refuses for good. @param {Link} link @param {Ending} ending */
  #handoverFailed(link, ending) {
    this.#next = null;
    const again = !this.#finished && ending.advice !== 'never';
    const delay = again ? this.#backoff.next(ending.advice === 'new' ? 'resume_later' : /** @type {'resume'} */ (ending.advice), ending.hint, this.#options.platform.random()) : null;
    if (delay !== null) this.#timers.set('handover', delay, () => this.#dial('next'));
    this.#host.ended(link, ending, null, false);
  }

  /** @param {Ending} ending */
  #finish(ending) {
    this.#finished = true;
    this.#timers.clearAll();
    this.#host.finished(ending);
  }
}
