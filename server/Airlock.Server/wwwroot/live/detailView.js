// One connection: who, where, its timeline, its session's positions, and every entry of its flight record in words.

import { element, find, setAttribute } from '../element.js';
import { icon } from '../icon.js';
import { MEANING, duration } from '../words.js';
import { span } from './rows.js';
import { sentenceOf } from './timeline.js';
import { drawLegend, drawTimeline } from './timelineView.js';

/** @import { Detail, Positions } from './seen.js' */

export class DetailView {
  #panel = find('#detail', HTMLElement);
  #overview = find('#overview', HTMLElement);
  #side = find('#side', HTMLElement);
  #body = element('div', { class: 'detail-body' });
  #title = element('h2', { class: 'detail-title', tabindex: '-1' });
  /** @type {string | null} */
  #id = null;
  /** The last that was known: what has been forgotten by the server is still shown. @type {Detail | null} */
  #detail = null;
  #shown = '';

  /** @param {() => void} close */
  constructor(close) {
    const button = element('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close the details', click: close }, icon('cross'));
    this.#panel.replaceChildren(element('div', { class: 'panel-head' }, this.#title, button), this.#body);
    this.#side.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#id === null) return;
      event.preventDefault();
      close();
    });
    new ResizeObserver(() => this.#draw()).observe(this.#body);
  }

  /** @param {string | null} id the connection that is wanted, or null */
  select(id) {
    if (this.#id === id) return;
    this.#id = id;
    this.#detail = null;
    this.#shown = '';
    setAttribute(this.#panel, 'hidden', id === null);
    setAttribute(this.#overview, 'hidden', id !== null);
    setAttribute(this.#side, 'data-open', id !== null);
    this.#title.replaceChildren('Connection');
    this.#body.replaceChildren(element('p', { class: 'hint' }, 'Looking…'));
    if (id !== null) this.#title.focus({ preventScroll: true });
  }

  /** @param {Detail | null} detail */
  update(detail) {
    if (this.#id === null || (detail && detail.connection.id !== this.#id)) return;
    if (detail) this.#detail = detail;
    else if (!this.#detail) return void this.#body.replaceChildren(element('p', { class: 'hint' }, 'Nothing is remembered of this connection any more.'));
    this.#draw();
  }

  #draw() {
    const detail = this.#detail;
    const width = Math.floor(this.#body.clientWidth);
    if (!detail || width === 0) return;
    const shown = JSON.stringify([detail, width]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { connection } = detail;
    this.#title.replaceChildren(element('span', { class: 'pill', 'data-state': connection.state }, connection.state), ` ${connection.user ?? 'Not known yet'}`);
    const scroll = this.#panel.scrollTop;
    const isOpen = this.#body.querySelector('details')?.open ?? true;
    this.#body.replaceChildren(
      element('p', { class: 'meaning' }, detail.summary ?? MEANING[connection.state], connection.cause && element('a', { class: 'more', href: `/causes#${connection.cause}`, target: '_blank', rel: 'noopener' }, ' About ', element('code', {}, connection.cause))),
      drawTimeline(detail, width),
      drawLegend(detail),
      element('p', { class: 'hint' }, 'Each bar is as long as the logarithm of its time, so that milliseconds can be seen beside hours.'),
      element('dl', { class: 'facts' }, ...factsOf(detail).flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)])),
      ...(detail.positions ? [element('h3', {}, 'Positions of its session'), positionsOf(detail.positions)] : []),
      element('details', { open: isOpen }, element('summary', {}, `Flight record (${detail.record.length})`),
        element('ol', { class: 'record' }, ...detail.record.map((entry) => element('li', { 'data-refused': entry.refused !== null, 'data-change': entry.from !== entry.to },
          element('time', {}, `+${duration(entry.at)}`),
          element('span', {}, sentenceOf(entry, detail.isResumed)),
          entry.from !== entry.to && element('span', { class: 'change' }, `→ ${entry.to}`))))));
    this.#panel.scrollTop = scroll;
  }
}

/** @param {Detail} detail @returns {[string, string][]} */
function factsOf({ connection, issuer, subject, client, session, isResumed, attempt, gatesDown }) {
  /** @type {[string, string | null][]} */
  const facts = [
    ['id', connection.id],
    ['user', subject === null ? null : `${subject} (${issuer})`],
    ['endpoint', connection.endpoint],
    ['address', connection.address],
    ['client', client],
    ['age', span(connection.age)],
    ['session', session === null ? null : `${session}, ${isResumed ? `resumed by attempt ${attempt}` : 'begun by this connection'}`],
    ['gates down', gatesDown.length > 0 ? gatesDown.join(', ') : null],
    ['closed', connection.cause === null ? null : `${connection.code} ${connection.cause}`],
  ];
  return facts.flatMap(([name, text]) => (text === null ? [] : [[name, text]]));
}

/** @param {Positions} positions */
function positionsOf({ stored, done, appended, acked }) {
  return element('div', { class: 'positions' },
    track('From the client', done, stored, `${done} of ${stored} handled`),
    track('To the client', acked, appended, `${acked} of ${appended} acknowledged`));
}

/** @param {string} name @param {number} part @param {number} whole @param {string} text */
function track(name, part, whole, text) {
  const bar = element('span', { class: 'track', 'aria-hidden': 'true' });
  bar.style.setProperty('--part', String(whole === 0 ? 0 : part / whole));
  return element('div', { class: 'position' }, element('span', {}, name), bar, element('span', { class: 'position-text' }, text));
}
