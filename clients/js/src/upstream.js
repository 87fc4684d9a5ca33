// What is written to the connection that is attached: messages within the window, acknowledgements, stops, bye. Pure.

import { ACK_DELAY, Acks } from './acks.js';
import { writeAck, writeBye, writeDataWithin, writeStop } from './frameWriter.js';
import { MessageRefused } from './messageRefused.js';

/** @import { Alarms } from './alarms.js' */
/** @import { Link } from './link.js' */
/** @import { ReadyFrame } from './frame.js' */
/** @import { NumberedMessage } from './outbox.js' */
/** @import { Session } from './session.js' */

/** How long after bye an application may be at work on one thing. */
const RELEASE_DELAY = 5_000;

export class Upstream {
  #acks = new Acks();
  #session;
  #alarms;
  #host;

  /** @param {Session} session @param {Alarms} alarms @param {{ write(link: Link, text: string): void, save(): void }} host */
  constructor(session, alarms, host) {
    this.#session = session;
    this.#alarms = alarms;
    this.#host = host;
  }

  /** A connection is attached: what is to be stopped is told again, what the server lacks is written. @param {Link} link @param {ReadyFrame} frame @param {number} now */
  attach(link, { resume }, now) {
    const { outbox } = this.#session;
    this.#acks.attach(resume === 'resumed' ? link.resume?.received ?? 0 : 0);
    outbox.messages.slice(0, outbox.transmitted - outbox.done).forEach((message, place) => message.stop && this.#host.write(link, writeStop(outbox.done + 1 + place)));
    this.flush(link);
    this.#acknowledgeSoon(link, now);
  }

  /** Another connection is to take over. @param {number} received what its `hello` told */
  holdAt(received) {
    this.#acks.holdAt(received);
  }

  /** No more input. @param {Link | null} link @param {number} now */
  bye(link, now) {
    this.#session.sayBye();
    this.#host.save();
    this.flush(link);
    this.arrived(link, now);
  }

  /**
   * Something waits for the application. The server ends a session only when everything is acknowledged, and an application that waits for that may have stopped reading, in the middle of a message even: it
   * is waited for as long as it finishes with something now and then.
   * @param {Link | null} link
   * @param {number} now
   */
  arrived(link, now) {
    const { inbox } = this.#session;
    if (inbox.isReleased) this.#acknowledgeSoon(link, now);
    else if (this.#session.saysBye && inbox.handled < inbox.arrived && !this.#alarms.has('release')) this.#alarms.set('release', now + RELEASE_DELAY);
  }

  /** The application has finished with nothing for too long. @param {Link | null} link @param {number} now */
  release(link, now) {
    this.#session.inbox.isReleased = true;
    this.#acknowledgeSoon(link, now);
  }

  /** Writes what can be written. @param {Link | null} link */
  flush(link) {
    if (!link?.attached) return;
    const { outbox, inbox, window } = this.#session;
    /** @type {string[]} */
    const lines = [];
    for (let next = outbox.peek(window, this.#session.bye); next; next = outbox.peek(window, this.#session.bye)) {
      const ack = this.#acks.due(inbox.received);
      const text = writeDataWithin(link.open?.limits.message ?? 0, next.s, next.message, ack);
      if (text === null) {
        outbox.drop();
        if (this.#session.bye !== null) this.#session.bye -= 1;
        next.message.refuse?.(new MessageRefused(next.message.id, 'message_too_large'));
        this.#host.save();
        continue;
      }
      outbox.advance();
      if (ack !== null) this.#said(ack);
      lines.push(text);
      if (next.message.stop) lines.push(writeStop(next.s));
    }
    // That a number was used is kept before it is: else a page that comes after this one could not tell its own messages from another's.
    if (lines.length > 0) this.#host.save();
    for (const line of lines) this.#host.write(link, line);
    if (this.#session.bye !== null && !link.saidBye && outbox.transmitted >= this.#session.bye) {
      link.saidBye = true;
      this.#host.write(link, writeBye());
      this.acknowledge(link);
    }
  }

  /** @param {Link | null} link @param {NumberedMessage} numbered */
  stop(link, { s }) {
    // Not written yet: `flush` writes the stop behind its message.
    if (link?.attached && s <= this.#session.outbox.transmitted) this.#host.write(link, writeStop(s));
  }

  /** The application has handled more: acknowledge soon. @param {Link | null} link @param {number} now */
  handled(link, now) {
    this.#session.inbox.isReleased = false;
    this.#alarms.clear('release');
    this.arrived(link, now);
    this.#acknowledgeSoon(link, now);
  }

  /** @param {Link | null} link @param {number} now */
  #acknowledgeSoon(link, now) {
    const ack = this.#acks.due(this.#session.inbox.received);
    if (ack === null || !link?.attached) return;
    if (this.#acks.isUrgent(ack) || link.saidBye) this.acknowledge(link);
    else if (!this.#alarms.has('ack')) this.#alarms.set('ack', now + ACK_DELAY);
  }

  /** Acknowledges what is due. @param {Link | null} link */
  acknowledge(link) {
    const ack = this.#acks.due(this.#session.inbox.received);
    if (ack === null || !link?.attached) return;
    this.#said(ack);
    this.#host.write(link, writeAck(ack));
  }

  /** @param {number} ack */
  #said(ack) {
    this.#acks.said(ack);
    this.#alarms.clear('ack');
  }
}
