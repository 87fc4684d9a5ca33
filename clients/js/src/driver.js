// Carries out what ClientCore decides: sockets, timers, the application's credentials. It decides nothing itself.

import { Clock } from './clock.js';
import { endingBefore, endingOf } from './ending.js';
import { FrameError, readMessage } from './frame.js';
import { DELAY_MAX } from './platform.js';
import { Unopened } from './unopened.js';

/** @import { ClientCore } from './clientCore.js' */
/** @import { Credentials } from './credentials.js' */
/** @import { DriverHost } from './driverHost.js' */
/** @import { Effect, Found } from './effect.js' */
/** @import { Ending } from './ending.js' */
/** @import { Headers } from './httpAnswer.js' */
/** @import { Link } from './link.js' */
/** @import { Platform } from './platform.js' */

/** @typedef {{ send(text: string): void, close(code?: number, reason?: string): void, protocol: string, readyState?: number, addEventListener(type: any, listener: (event: any) => void): void, on?(type: 'unexpected-response', listener: (request: any, response: any) => void): void }} Socket what is needed of a WebSocket; `on`: as the package ws has it */
/** @typedef {new (url: string, protocols: string[]) => Socket} SocketConstructor */
/** @typedef {{ url: string, WebSocket: SocketConstructor, credentials: Credentials, platform: Platform, clock: Clock }} DriverOptions */

/** How long a close may take. */
const CLOSE_MAX = 5_000;
/** WebSocket.CLOSED */
const CLOSED = 3;

/** One WebSocket and what is known of it. */
class Line {
  hasOpened = false;
  isGone = false;
  /** The text of its error event. @type {unknown} */
  problem = null;
  /** What was answered in place of the upgrade, where the socket shows it. @type {{ status: number, headers: Headers } | null} */
  answer = null;

  /** @param {Socket} socket */
  constructor(socket) {
    this.socket = socket;
  }

  /** @param {number} [code] @param {string} [cause] */
  close(code, cause) {
    try {
      this.socket.close(code, cause);
    } catch {
      // Some sockets refuse to be closed while they connect: it is closed when it opens.
    }
  }
}

export class Driver {
  /** @type {Map<Link, Line>} */
  #lines = new Map();
  /** @type {unknown} */
  #timer = null;
  #isPerforming = false;
  /** What waits until every socket is closed. @type {(() => void)[]} */
  #waiting = [];
  #unopened;
  #core;
  #options;
  #host;

  /** @param {ClientCore} core @param {DriverOptions} options @param {DriverHost} host */
  constructor(core, options, host) {
    this.#core = core;
    this.#options = options;
    this.#host = host;
    this.#unopened = new Unopened(options);
  }

  /** Not while the page is away: it dials nothing, and takes nothing from the page that is shown. */
  start() { this.#step((core, now) => core.start(now), !this.#core.isAway); }

  /** The network, or the page, may be back. */
  hurry() { this.#step((core, now) => core.hurry(now), true); }

  /** Who owns the position is looked at now: when the page is back all its clients find the newer one of the page between. @param {boolean} isCached */
  putAway(isCached) {
    const position = isCached && !this.#core.isAway ? this.#host.putAway() : null;
    this.#step((core, now) => core.putAway(isCached, now, position));
  }

  sent() { this.#step((core) => core.sent()); }

  /** @param {import('./outbox.js').NumberedMessage} numbered */
  stop(numbered) { this.#step((core) => core.stop(numbered)); }

  /** The application has handled more. */
  acknowledge() { this.#step((core, now) => core.handled(now)); }

  bye() { this.#step((core, now) => core.bye(now)); }

  /** Leaves at once. @returns {Promise<void>} fulfilled when the sockets are closed, or after five seconds */
  leave() {
    this.#step((core, now) => core.leave(now));
    return new Promise((resolve) => {
      if (this.#lines.size === 0) return resolve();
      const timer = this.#options.platform.setTimeout(resolve, CLOSE_MAX);
      this.#waiting.push(() => {
        this.#options.platform.clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * One event; its effects are carried out before this returns, or soon after where it was called by one of them.
   * @param {(core: ClientCore, now: number) => void} event
   * @param {boolean} [mayDial] whether it may dial: somebody else may have a newer position by now
   */
  #step(event, mayDial = false) {
    const found = mayDial ? this.#host.newer() : null;
    if (found) this.#found(found);
    event(this.#core, this.#options.clock.now);
    if (this.#isPerforming) return;
    this.#isPerforming = true;
    try {
      for (let effect = this.#core.take(); effect; effect = this.#core.take()) this.#perform(effect);
    } finally {
      this.#isPerforming = false;
      this.#arm();
    }
  }

  /** @param {Found} found */
  #found(found) {
    this.#pending = found;
    this.#core.found(found);
  }

  /** What `take` means. @type {Found | null} */
  #pending = null;

  /** @param {Effect} effect */
  #perform(effect) {
    switch (effect.do) {
      case 'ask': return void this.#ask(effect.link, effect.reason);
      case 'connect': return this.#connect(effect.link);
      case 'write': return this.#write(effect.link, effect.text);
      case 'close': return this.#lines.get(effect.link)?.close(effect.code, effect.cause);
      case 'gone': return this.#ended(effect.link, endingOf(effect.link.closing, 1006, '', false));
      case 'token': return void this.#token(effect.link, effect.asked);
      case 'save': return this.#host.save();
      case 'letGo': return this.#host.letGo();
      case 'take': return this.#pending ? this.#host.take(this.#pending) : undefined;
      default:
        if (effect.do === 'finished') this.#unopened.stop();
        return this.#host.tell(effect);
    }
  }

  /** Sets the one timer to what is due next. */
  #arm() {
    const { platform, clock } = this.#options;
    if (this.#timer !== null) platform.clearTimeout(this.#timer);
    this.#timer = null;
    const { due } = this.#core;
    if (due === null) return;
    const delay = Math.min(Math.max(0, Math.ceil(due - clock.now)), DELAY_MAX);
    const isWhole = delay < DELAY_MAX;
    this.#timer = platform.setTimeout(() => {
      this.#timer = null;
      if (isWhole) clock.reached(due);
      this.#step((core, now) => core.tick(now), this.#core.dialsBy(clock.now));
    }, delay);
  }

  /** @param {Link} link @param {'connect' | 'expired'} reason */
  async #ask(link, reason) {
    try {
      const offer = await this.#options.credentials.offer(reason);
      this.#step((core) => core.offered(link, offer));
    } catch (origin) {
      this.#ended(link, endingBefore('credentials_unavailable', 'resume_later', 'The application could not give credentials.', origin));
    }
  }

  /** @param {Link} link @param {number} asked */
  async #token(link, asked) {
    const token = await this.#options.credentials.refreshed().catch(() => null);
    this.#step((core, now) => core.refreshed(link, asked, token, now));
  }

  /** @param {Link} link */
  #connect(link) {
    /** @type {Socket} */
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url, link.offer?.protocols ?? []);
    } catch (origin) {
      return this.#ended(link, endingBefore('connection_refused', 'never', 'A WebSocket could not be made.', origin));
    }
    const line = new Line(socket);
    this.#lines.set(link, line);
    socket.addEventListener('open', () => {
      line.hasOpened = true;
      this.#unopened.opened();
      if (link.over) return line.close(1000);
      this.#step((core, now) => core.opened(link, socket.protocol, now));
    });
    // One that is closed from the beginning says nothing more.
    if (socket.readyState === CLOSED) queueMicrotask(() => this.#closed(link, line, 1006, '', false));
    // Who listens to it ends the request: closed at once, so that a body that is huge or never ends costs nothing.
    socket.on?.('unexpected-response', (_, { statusCode: status, headers }) => {
      line.answer = { status, headers };
      line.close();
    });
    socket.addEventListener('message', ({ data }) => this.#received(link, data));
    socket.addEventListener('close', ({ code, reason, wasClean }) => this.#closed(link, line, code, reason, wasClean));
    socket.addEventListener('error', ({ message }) => {
      line.problem = message;
      // Its close follows in the same task, where one follows. Some sockets emit none if they never opened.
      queueMicrotask(() => {
        if (!line.hasOpened || socket.readyState === CLOSED) this.#closed(link, line, 1006, '', false);
        else this.#step((core, now) => core.failed(link, now));
      });
    });
  }

  /** @param {Link} link @param {Line} line @param {number} code @param {string} reason @param {boolean} wasClean */
  #closed(link, line, code, reason, wasClean) {
    if (line.isGone) return;
    line.isGone = true;
    this.#lines.delete(link);
    if (!link.over) this.#ended(link, line.hasOpened || code !== 1006 ? endingOf(link.closing, code, reason, wasClean) : this.#unopened.failed(line.problem, line.answer, link.hadSession));
    if (this.#lines.size === 0) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @param {Link} link @param {Ending} ending */
  #ended(link, ending) {
    const found = ending.cause === 'stale_attempt' ? this.#host.newer() : null;
    if (found) this.#pending = found;
    const isRemoved = this.#host.isRemoved();
    this.#step((core, now) => core.ended(link, ending, now, found, isRemoved));
  }

  /** @param {Link} link @param {unknown} data */
  #received(link, data) {
    if (link.over) return;
    try {
      if (typeof data !== 'string') throw new FrameError('A message is binary.');
      // `open` is answered by `hello`, which may ask to resume; `ready` by what waits, which may be another's by now.
      for (const frame of readMessage(data)) this.#step((core, now) => core.heard(link, frame, now), frame.t === 'open' || frame.t === 'ready');
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#step((core, now) => core.violated(link, error.message, now));
    }
    this.#step((core) => core.messageEnded());
  }

  /** @param {Link} link @param {string} text */
  #write(link, text) {
    try {
      this.#lines.get(link)?.socket.send(text);
    } catch {
      // The socket is on its way out; its close tells why, and what was not stored is sent again.
    }
  }
}
