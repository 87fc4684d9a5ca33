// Everything a client decides (spec/client.md), pure: what happened and the time go in, effects come out. It knows no socket, timer, clock, storage or randomness of its own.

import { Alarms } from './alarms.js';
import { Backoff, STEADY } from './backoff.js';
import { CLIENT_REASONS } from './closeReason.js';
import { PROTOCOL } from './credentials.js';
import { PAGE_HIDDEN, SESSION_SHARED, endingBefore, endingBy, endingOf } from './ending.js';
import { FrameError } from './frame.js';
import { writeHello, writePong, writeRefresh } from './frameWriter.js';
import { Link } from './link.js';
import { REFRESH_RETRY } from './refresh.js';
import { takeoverOf } from './takeover.js';
import { Upstream } from './upstream.js';
import { Verdict } from './verdict.js';

/** @import { Offer } from './credentials.js' */
/** @import { CoreOptions, Effect, Found } from './effect.js' */
/** @import { Ending } from './ending.js' */
/** @import { AuthedFrame, DrainFrame, NumberedFrame, ReadyFrame, ServerFrame } from './frame.js' */
/** @import { NumberedMessage } from './outbox.js' */
/** @import { Session } from './session.js' */

const CLOSE_MAX = 5_000;
const CAN = Object.freeze(['gap']);

/** Invariant: data is written to at most one connection, the one that was attached last; after `finished` there is no effect but the ends of connections. */
export class ClientCore {
  /** The link that counts: the one that carries data, or the one being made. @type {Link | null} */
  current = null;
  /** The connection that is to take over after a drain. @type {Link | null} */
  next = null;
  isFinished = false;
  /** The page was put away: nothing is dialed, and what is found when it comes back is gone on from by the client that owned the position. */
  isAway = false;
  #links = 0;
  #isStarted = false;
  #backoff = new Backoff();
  #alarms = new Alarms();
  #verdict;
  #up;
  /** @type {Effect[]} */
  #effects = [];
  #options;
  /** What survives its connections. Read by whoever looks on, and changed here. */ session;

  /** @param {Session} session new or restored @param {CoreOptions} options */
  constructor(session, options) {
    this.session = session;
    this.#options = options;
    this.#verdict = new Verdict(options.canAsk, options.isKept);
    this.#up = new Upstream(session, this.#alarms, { write: (link, text) => this.#write(link, text), save: () => this.#save() });
  }

  /** When `tick` is to be called. */
  get due() { return this.#alarms.next; }
  /** The next order, in their order. @returns {Effect | undefined} */
  take() { return this.#effects.shift(); }

  /** @param {number} now */
  start(now) {
    this.#isStarted = true;
    if (!this.isFinished && !this.current && !this.isAway) this.#dial('current', now);
  }

  /** The network, or the page, may be back: do not wait for the back-off. @param {number} now */
  hurry(now) {
    if (this.isAway) {
      this.isAway = false;
      if (this.#isStarted && !this.isFinished && (this.current?.over ?? true)) this.#dial('current', now);
    } else if (this.#alarms.has('reconnect')) {
      this.#alarms.clear('reconnect');
      this.#dial('current', now);
    }
  }

  /** The page is put away, perhaps for good. @param {boolean} isCached whether it may come back as it is: no connection lives so long @param {number} now @param {Found['position'] | null} position what another client has by then: that one's, also if nothing is left of it when this page is back */
  putAway(isCached, now, position) {
    if (this.isFinished) return;
    this.#up.acknowledge(this.current);
    if (!isCached) return;
    this.isAway = true;
    if (position) this.found({ position, wasOwner: false, inHand: 0 });
    this.#alarms.clear('reconnect', 'handover');
    for (const link of [this.next, this.current]) if (link && !link.over) this.#leave(link, endingBy(PAGE_HIDDEN, 'resume'), now);
  }

  /** Credentials are there. @param {Link} link @param {Offer} offer */
  offered(link, offer) {
    if (link.over || link.offer) return;
    link.offer = offer;
    link.sent = offer.sent;
    this.#effects.push({ do: 'connect', link });
  }

  /** @param {Link} link @param {string} protocol @param {number} now */
  opened(link, protocol, now) {
    if (!link.over && protocol !== PROTOCOL) this.violated(link, `The server speaks '${protocol}'.`, now);
  }

  /** One frame of a message; `messageEnded` follows the last. @param {Link} link @param {ServerFrame} frame @param {number} now */
  heard(link, frame, now) {
    if (link.over) return;
    link.heardAt = now;
    try {
      this.#frame(link, frame, now);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.violated(link, error.message, now);
    }
  }

  /** At the end of a message: a refusal may stand behind the `d` that covers it. */
  messageEnded() { this.session.outbox.settle(this.session.inbox.arrived); }

  /** The server sent what no server may send. @param {Link} link @param {string} text @param {number} now */
  violated(link, text, now) {
    this.#leave(link, endingBy(CLIENT_REASONS.violation, 'never', text), now);
  }

  /** The socket has failed and says nothing more than that; its close may follow. @param {Link} link @param {number} now */
  failed(link, now) {
    if (!link.over && !link.closing) this.#alarms.set(`close:${link.number}`, now + CLOSE_MAX);
  }

  /** The transport of a link has ended, or could not be made. @param {Link} link @param {Ending} ending @param {number} now @param {Found | null} [found] another client's newer position @param {boolean} [isRemoved] another client has ended the session, and removed its position */
  ended(link, ending, now, found = null, isRemoved = false) {
    if (!link.over) this.#ended(link, ending, now, found, isRemoved);
  }

  /** The application has sent. */
  sent() { this.#save(); this.#up.flush(this.current); }

  /** @param {NumberedMessage} numbered */
  stop(numbered) { this.#up.stop(this.current, numbered); }

  /** The application has handled more. @param {number} now */
  handled(now) { this.#up.handled(this.current, now); }

  /** No more input: the session ends when the server has finished what it has. @param {number} now */
  bye(now) { this.#up.bye(this.current, now); }
  /** Leaves at once; the session stays. @param {number} now */
  leave(now) {
    if (this.isFinished) return;
    this.#up.acknowledge(this.current);
    this.#finish(endingBy(CLIENT_REASONS.closed, 'never'), now);
  }

  /** A token for a refresh. @param {Link} link @param {number} asked @param {string | null | undefined} token @param {number} now */
  refreshed(link, asked, token, now) {
    if (!link.live || asked !== link.refresh.asked || !this.#alarms.has(`token:${link.number}`)) return;
    this.#alarms.clear(`token:${link.number}`);
    if (token) this.#write(link, writeRefresh(token));
    else this.#refreshLater(link, now);
  }

  /** Another client has written a newer position than this one's where this one's lay. To be told before anything is dialed or asked to resume. @param {Found} found */
  found(found) {
    if (this.isFinished) return;
    const takeover = takeoverOf(found, this.session, this.current, this.isAway);
    if (takeover === 'adopt') return this.#adopt(found);
    this.#effects.push({ do: 'letGo' });
    if (takeover === 'go on') this.session.isElsewhere = true;
    else this.#effects.push({ do: 'yielded', messages: this.session.yield() });
  }

  /** @param {number} now */
  tick(now) {
    for (let name = this.#alarms.take(now); name !== null; name = this.#alarms.take(now)) {
      const [kind, number] = name.split(':');
      if (kind === 'reconnect') this.#dial('current', now);
      else if (kind === 'handover') this.#dial('next', now);
      else if (kind === 'steady') this.#backoff.reset();
      else if (kind === 'ack') this.#up.acknowledge(this.current);
      else if (kind === 'release') this.#up.release(this.current, now);
      else this.#late(/** @type {string} */ (kind), [this.current, this.next].find((link) => link?.number === Number(number)) ?? null, now);
    }
  }

  /** Whether `tick` dials: look for a newer position before. @param {number} now */
  dialsBy(now) { return this.#alarms.isDue('reconnect', now) || this.#alarms.isDue('handover', now); }

  /** @param {string} kind @param {Link | null} link @param {number} now */
  #late(kind, link, now) {
    if (!link || link.over) return;
    if (kind === 'silence') this.#watch(link, now);
    else if (kind === 'refresh') this.#refresh(link, now);
    else if (kind === 'token') this.#refreshLater(link, now);
    else if (link.closing) this.#effects.push({ do: 'close', link, code: 1000, cause: link.closing.cause }, { do: 'gone', link });
    else this.#leave(link, endingOf(null, 1006, '', false), now);
  }

  /** @param {'current' | 'next'} role @param {number} now */
  #dial(role, now) {
    if (this.isAway || (role === 'next' && this.session.isElsewhere)) return;
    const link = new Link(++this.#links, now, this.#options.wall(), this.#options.connectTimeout);
    Object.assign(link, { hadSession: this.session.id !== null, allowance: this.#verdict.allowance });
    this[role] = link;
    this.#alarms.set(`silence:${link.number}`, now + link.patience);
    this.#changed(link);
    this.#effects.push({ do: 'ask', link, reason: this.#verdict.reason });
  }

  /** @param {Link} link @param {ServerFrame} frame @param {number} now */
  #frame(link, frame, now) {
    const before = link.state;
    link.accept(frame, now);
    if (frame.t === 'ready') return this.#attach(link, frame, now);
    if (link.state !== before) this.#changed(link);
    switch (frame.t) {
      case 'open': return this.#hello(link, now);
      case 'authed': return this.#authenticated(link, frame, now);
      case 'gate': return void this.#effects.push({ do: 'gate', link, frame });
      case 'ping': this.#verdict.heard(); return this.#write(link, writePong());
      case 'refresh': return link.refresh.isHeld ? undefined : this.#refresh(link, now);
      case 'drain': return this.#drain(link, frame, now);
      case 'closing': return this.#alarms.set(`close:${link.number}`, now + CLOSE_MAX);
      case 'ack':
        if (this.session.outbox.acknowledge(frame.a, frame.d, this.session.inbox.arrived)) this.#save();
        break;
      default:
        this.#numbered(link, frame, now);
    }
    this.#up.flush(this.current);
  }

  /** One that is to take over, while another client has the position, would ask with an attempt that it cannot keep, and the other with the same. @param {Link} link @param {number} now */
  #hello(link, now) {
    if (link === this.next && this.session.isElsewhere) return this.#leave(link, endingBy(CLIENT_REASONS.replaced, 'never'), now);
    this.#alarms.set(`silence:${link.number}`, now + link.patience);
    if (link.stripped.length > 0) this.#effects.push({ do: 'stripped', link });
    link.resume = this.session.askResume(link.open?.connection);
    if (link.resume) this.#save();
    if (link === this.next && link.resume) this.#up.holdAt(link.resume.received);
    this.#write(link, writeHello({
      client: this.#options.clientName, instance: this.session.instance, can: CAN, sent: link.sent, auth: link.offer?.auth(link.open?.carriers ?? []), resume: link.resume ?? undefined,
      saw: link.resume ? this.session.saw(link === this.current) : undefined, traceparent: this.session.wasAttached ? undefined : this.#options.traceparent(),
    }));
  }

  /** @param {Link} link @param {AuthedFrame} frame @param {number} now */
  #authenticated(link, frame, now) {
    this.#verdict.authenticated();
    this.#alarms.clear(`token:${link.number}`);
    this.#alarms.set(`silence:${link.number}`, now + link.patience);
    const delay = link.refresh.authed(frame, link.serverTime(now), this.#options.random());
    const isAnother = this.session.authenticate(frame.user, frame.anonymous);
    if (isAnother) this.#save();
    // What the old connection would be sent from now on was not sent in its user's name.
    if (isAnother && link === this.next && this.current) this.#leave(this.current, endingBy(CLIENT_REASONS.replaced, 'never'), now);
    if (delay !== null && this.#options.canRefresh) this.#alarms.set(`refresh:${link.number}`, now + delay);
  }

  /** @param {Link} link @param {ReadyFrame} frame @param {number} now */
  #attach(link, frame, now) {
    // One number may stand for two messages: the session is left to the other, and what is unfinished here goes into a new one.
    if (this.session.isSharedBy(frame, this.#options.isKept)) return this.#leave(link, endingBy(SESSION_SHARED, 'new'), now);
    const messages = frame.resume === 'new' ? this.session.leaveKept() : [];
    const loss = this.session.attach(frame, link.resume, link.open?.connection);
    const old = link === this.next ? this.current : null;
    [this.current, this.next] = [link, null];
    this.#alarms.set('steady', now + STEADY);
    this.#alarms.clear('ack', 'handover');
    this.#alarms.set(`silence:${link.number}`, now + link.patience);
    this.#save();
    if (old) this.#leave(old, endingBy(CLIENT_REASONS.replaced, 'never'), now);
    this.#changed(link);
    this.#effects.push({ do: 'yielded', messages }, { do: 'attached', link, frame, loss });
    this.#up.attach(link, frame, now);
  }

  /** @param {Link} link @param {NumberedFrame} frame @param {number} now */
  #numbered(link, frame, now) {
    const { inbox, outbox } = this.session;
    if ('re' in frame && (frame.re ?? 0) > outbox.transmitted) throw new FrameError(`${frame.t} answers a message that was never sent.`);
    const isNext = inbox.accept(frame.s);
    if (isNext) {
      this.#verdict.heard();
      this.#effects.push({ do: 'arrived', link, frame });
      this.#up.arrived(link, now);
    }
    if (outbox.acknowledge(frame.a, frame.d, inbox.arrived)) this.#save();
  }

  /** @param {Link} link @param {number} now */
  #refresh(link, now) {
    if (link.refresh.running || !link.live || !this.#options.canRefresh) return;
    const asked = link.refresh.begin();
    this.#alarms.set(`token:${link.number}`, now + this.#options.connectTimeout);
    this.#effects.push({ do: 'token', link, asked });
  }

  /** There was no token, or the application has not answered. @param {Link} link @param {number} now */
  #refreshLater(link, now) {
    link.refresh.running = false;
    this.#alarms.set(`refresh:${link.number}`, now + REFRESH_RETRY);
  }

  /** @param {Link} link @param {DrainFrame} frame @param {number} now */
  #drain(link, frame, now) {
    // A connection that is not ready yet has nothing to hand over: the server closes it and says when to come back.
    if (link !== this.current || !link.ready || this.next || this.#alarms.has('handover')) return;
    this.#alarms.set('handover', now + frame.delay * (1 + 0.2 * this.#options.random()));
  }

  /** Gives a connection up that has been silent for too long. @param {Link} link @param {number} now */
  #watch(link, now) {
    const until = link.heardAt + link.patience;
    if (until > now) this.#alarms.set(`silence:${link.number}`, until);
    else if (link.offer) this.#leave(link, endingBy(CLIENT_REASONS.silent, 'resume'), now);
    else this.#ended(link, endingBefore('credentials_unavailable', 'resume_later', 'The application has not given credentials in time.', undefined), now, null);
  }

  /** This side closes. What the socket still does is of no interest. @param {Link} link @param {Ending} ending @param {number} now */
  #leave(link, ending, now) {
    if (link.over) return;
    const before = link.state;
    link.leave(now);
    if (link.state !== before) this.#changed(link);
    // A client may close with 1000 and 4900 to 4999 only.
    this.#effects.push({ do: 'close', link, code: ending.code >= 4900 ? ending.code : 1000, cause: ending.cause });
    this.#ended(link, ending, now, null);
  }

  /** @param {Link} link @param {Ending} ending @param {number} now @param {Found | null} found @param {boolean} [isRemoved] */
  #ended(link, ending, now, found, isRemoved = false) {
    this.#alarms.clear(...['silence', 'close', 'refresh', 'token'].map((name) => `${name}:${link.number}`));
    link.end(ending.clean, now);
    if (link === this.next || link === this.current) this.session.noteEnd(link.open, ending, now - link.heardAt);
    if (link === this.next) return this.#handoverFailed(link, ending, now);
    if (link !== this.current || this.isFinished) return this.#tellEnd(link, ending, null, this.isFinished);
    this.#alarms.clear('ack', 'handover', 'steady');
    const isBye = ending.cause === 'bye';
    if (this.next && !(isBye && this.session.isThrough)) {
      if (isBye) {
        this.session.leave(ending.cause);
        this.#save();
      }
      this.current = this.next;
      this.next = null;
      this.#tellEnd(link, ending, null, false);
      return this.#changed(this.current);
    }
    if (ending.cause === 'stale_attempt' && found) {
      this.#adopt(found);
      ending = { ...ending, advice: 'resume' };
    }
    const advice = this.#verdict.on(ending, this.session, link.ready !== null, isRemoved);
    if (advice === 'never') {
      this.#tellEnd(link, ending, null, true);
      return this.#finish(ending, now);
    }
    if (advice === 'new') {
      this.session.leave(ending.cause);
      this.#save();
    }
    if (this.isAway) return this.#tellEnd(link, ending, null, false);
    const delay = Math.max(this.#verdict.delayLeast(ending), this.#backoff.next(advice, ending.hint, this.#options.random()));
    this.#alarms.set('reconnect', now + delay);
    this.#tellEnd(link, { ...ending, advice }, delay, false);
  }

  /** The old connection still works: try again, unless the server refuses for good. @param {Link} link @param {Ending} ending @param {number} now */
  #handoverFailed(link, ending, now) {
    this.next = null;
    const advice = this.isFinished || this.isAway ? 'never' : this.#verdict.onHandover(ending);
    const delay = advice === 'never' ? null : Math.max(this.#verdict.delayLeast(ending), this.#backoff.next(advice, ending.hint, this.#options.random()));
    if (delay !== null) this.#alarms.set('handover', now + delay);
    this.#tellEnd(link, ending, delay, false);
  }

  /** @param {Found} found */
  #adopt({ position, inHand }) {
    const session = this.session;
    const { epoch } = session;
    const from = session.isSameAs(position) ? session.inbox.handled : 0;
    const unknown = session.restore(position, this.#options.revive, inHand);
    this.#effects.push({ do: 'take' }, { do: 'adopted', session: session.id, from, to: session.inbox.handled, unknown, epoch }, { do: 'save' });
  }

  /** @param {Ending} ending @param {number} now */
  #finish(ending, now) {
    this.isFinished = true;
    for (const link of [this.next, this.current]) {
      if (link) this.#leave(link, ending, now);
    }
    this.#alarms.clearAll();
    this.#effects.push({ do: 'finished', ending });
  }

  /** @param {Link} link */
  #changed(link) { this.#effects.push({ do: 'changed', link, entered: link.takeEntered(), isShown: link === this.current }); }

  /** @param {Link} link @param {Ending} ending @param {number | null} retryIn @param {boolean} final */
  #tellEnd(link, ending, retryIn, final) { this.#effects.push({ do: 'ended', link, entered: link.takeEntered(), ending, retryIn, final }); }

  /** @param {Link} link @param {string} text */
  #write(link, text) { this.#effects.push({ do: 'write', link, text }); }
  /** Once for all that has changed: what is kept is what is true when it is carried out. */
  #save() { if (!this.#effects.some((effect) => effect.do === 'save')) this.#effects.push({ do: 'save' }); }
}
