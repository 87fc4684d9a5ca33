// The timeline: every connection since the page was loaded, the newest first, each with its phases and its end in words.

import { element, find, setText } from './element.js';
import { rowsOf, timeToReady } from './phaseView.js';
import { SETUP, causeText, duration, retryText } from './words.js';

/** @import { ConnectionLog, ConnectionRecord } from './connectionLog.js' */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export class ConnectionView {
  #list = find('#connections', HTMLOListElement);
  #count = find('#connections-count', HTMLElement);
  /** @type {Map<number, { item: HTMLLIElement, bars: HTMLElement, shown: string }>} */
  #items = new Map();

  constructor() {
    this.#list.replaceChildren();
  }

  /** @param {ConnectionLog} log @param {number} now */
  update({ records }, now) {
    setText(this.#count, String(records.length));
    for (const [link, { item }] of this.#items) {
      if (records.some((record) => record.link === link)) continue;
      item.remove();
      this.#items.delete(link);
    }
    for (const record of records) {
      const lines = linesOf(record, now);
      const shown = JSON.stringify([record.phases, lines, headline(record)]);
      const known = this.#items.get(record.link);
      if (known?.shown === shown) {
        known.bars.replaceChildren(...barsOf(record, now));
        continue;
      }
      const hasFocus = known?.item.contains(document.activeElement);
      const bars = element('span', { class: 'phase-bars', 'aria-hidden': 'true' }, ...barsOf(record, now));
      const item = render(record, lines, bars, known?.item.querySelector('details')?.open ?? false);
      if (known) known.item.replaceWith(item);
      else this.#list.prepend(item);
      if (hasFocus) item.querySelector('summary')?.focus();
      this.#items.set(record.link, { item, bars, shown });
    }
  }
}

/** How long each phase took, side by side. @param {ConnectionRecord} record @param {number} now */
function barsOf({ phases }, now) {
  return rowsOf(phases, now).filter(({ took }) => took !== null).map(({ state, took }) => {
    const bar = element('span', { 'data-state': state, title: `${state}: ${duration(took ?? 0)}` });
    bar.style.setProperty('--took', String(Math.max(1, took ?? 0)));
    return bar;
  });
}

/** @param {ConnectionRecord} record @param {[string, string][]} lines @param {HTMLElement} bars @param {boolean} isOpen */
function render(record, lines, bars, isOpen) {
  const { phases, close, link, replayed } = record;
  const tone = close ? (close.final && close.cause !== 'client_closed' ? 'bad' : 'over') : timeToReady(phases) !== null ? 'good' : 'busy';
  return element('li', { class: 'connection', 'data-tone': tone },
    element('details', { open: isOpen },
      element('summary', {},
        element('span', { class: 'number' }, `#${link}`), element('span', { class: 'headline' }, headline(record)),
        element('time', {}, phases[0] ? CLOCK.format(phases[0].at) : ''), bars),
      element('dl', {}, ...lines.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]))),
    replayed > 0 && element('p', { class: 'replayed' }, `While you were away: ${replayed} ${replayed === 1 ? 'part' : 'parts'} replayed.`),
    close && close.cause !== 'client_closed' && element('p', { class: 'ended' }, causeText(close.cause)));
}

/** @param {ConnectionRecord} record */
function headline({ phases, resumed, close }) {
  const ready = timeToReady(phases);
  const last = phases.at(-1)?.state ?? 'CONNECTING';
  if (ready !== null) return `${resumed ? 'Resumed' : 'New session'} in ${duration(ready)}`;
  return close ? `Ended in ${phases.findLast(({ state }) => SETUP.includes(state))?.state ?? last}` : `${last}…`;
}

/** @param {ConnectionRecord} record @param {number} now @returns {[string, string][]} */
function linesOf(record, now) {
  const { phases, gates, resumed, connection, previous, stripped, remarks, close, attempt, replayed } = record;
  /** @type {[string, string][]} */
  const lines = phases.map(({ state, duration: took }) => [state, took === null ? 'now' : duration(took)]);
  for (const { gate, seen } of gates.values()) lines.push([`gate ${gate.name}`, seen.map(({ state }) => state).join(' → ') + (gate.required ? '' : ' (optional)')]);
  if (resumed !== null) lines.push(['session', resumed ? `resumed, attempt ${attempt}, ${replayed} replayed` : 'new']);
  if (previous) lines.push(['before', `The server saw the last connection end: ${causeText(previous.cause)}`]);
  if (stripped.length > 0) lines.push(['stripped', stripped.join(', ')]);
  for (const remark of remarks) lines.push(['note', remark]);
  if (close) {
    lines.push(['closed', `${close.code} ${close.cause}${close.message ? `: ${close.message}` : ''}`]);
    const retry = retryText(close, now);
    if (retry) lines.push(['then', retry]);
  }
  if (connection) lines.push(['id', connection]);
  return lines;
}
