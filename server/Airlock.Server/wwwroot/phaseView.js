// The way to ready, filled in as it happens: five phases with how long each took. Shown twice: in full in the panel, as a strip above the conversation on a phone.

import { element, find, setAttribute, setText } from './element.js';
import { icon } from './icon.js';
import { MEANING, SETUP, causeText, duration, isLive } from './words.js';

/** @import { Phase } from '/client/link.js' */
/** @import { ConnectionStateName } from '/client/connectionState.js' */
/** @import { ConnectionRecord } from './connectionLog.js' */

/** @typedef {'ahead' | 'now' | 'done' | 'failed'} Progress */
/** @typedef {{ state: ConnectionStateName, progress: Progress, took: number | null }} Row */

/**
 * Where each phase of the way to ready stands.
 * @param {readonly Phase[]} phases
 * @param {number} now
 * @returns {Row[]}
 */
export function rowsOf(phases, now) {
  const isOver = phases.some(({ state }) => state === 'CLOSED' || state === 'FAILED');
  const reached = SETUP.findLastIndex((name) => phases.some(({ state }) => state === name));
  const isReady = phases.some(({ state }) => state === 'PROCESSING_READY');
  return SETUP.map((state, place) => {
    const phase = phases.find((entry) => entry.state === state);
    if (!phase) return { state, progress: 'ahead', took: null };
    if (state === 'PROCESSING_READY') return { state, progress: 'done', took: null };
    if (place === reached && isOver && !isReady) return { state, progress: 'failed', took: phase.duration };
    return phase.duration === null ? { state, progress: 'now', took: now - phase.at } : { state, progress: 'done', took: phase.duration };
  });
}

/** How long it took from the dial to ready; `null` if it never was. @param {readonly Phase[]} phases */
export function timeToReady(phases) {
  const ready = phases.find(({ state }) => state === 'PROCESSING_READY');
  return ready && phases[0] ? ready.at - phases[0].at : null;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export class PhaseView {
  #list = find('#phases', HTMLOListElement);
  #total = find('#phases-total', HTMLElement);
  #beyond = find('#phases-beyond', HTMLElement);
  #gates = find('#gates', HTMLUListElement);
  #strip = find('#strip-bars', HTMLElement);
  #stripText = find('#strip-text', HTMLElement);
  #rows = SETUP.map((state) => new RowView(state));
  #bars = SETUP.map(() => element('span', { class: 'bar' }));

  constructor() {
    this.#list.replaceChildren(...this.#rows.map((row) => row.element));
    this.#strip.replaceChildren(...this.#bars);
  }

  /** @param {ConnectionRecord | null} record @param {number} now */
  update(record, now) {
    const phases = record?.phases ?? [];
    const rows = rowsOf(phases, now);
    const most = Math.max(1, ...rows.map(({ took }) => took ?? 0));
    rows.forEach((row, place) => {
      this.#rows[place]?.update(row, row.took === null ? 0 : row.took / most, phases);
      const bar = this.#bars[place];
      if (bar) setAttribute(bar, 'data-progress', row.progress);
    });
    const total = timeToReady(phases);
    const last = phases.at(-1);
    const current = rows.findLast(({ progress }) => progress === 'now');
    setText(this.#total, total !== null ? `Ready in ${duration(total)}` : current ? `${duration(current.took ?? 0)} so far` : '');
    setText(this.#stripText, last ? `${last.state}${total !== null && isLive(last.state) ? ` in ${duration(total)}` : ''}` : 'Not connected');
    this.#updateBeyond(record, last);
    this.#updateGates(record, now);
  }

  /** What came after ready, or instead of it. @param {ConnectionRecord | null} record @param {Phase | undefined} last */
  #updateBeyond(record, last) {
    const isBeyond = last !== undefined && !SETUP.includes(last.state);
    setAttribute(this.#beyond, 'hidden', !isBeyond);
    if (!isBeyond) return;
    setAttribute(this.#beyond, 'data-state', last.state);
    setText(this.#beyond, `${last.state}: ${record?.close ? causeText(record.close.cause) : MEANING[last.state]}`);
  }

  /** @param {ConnectionRecord | null} record @param {number} now */
  #updateGates(record, now) {
    const gates = [...(record?.gates.values() ?? [])];
    setAttribute(this.#gates, 'hidden', gates.length === 0);
    const start = record?.phases.find(({ state }) => state === 'AUTHENTICATED')?.at ?? now;
    const isSetup = record?.phases.at(-1)?.state === 'AUTHENTICATED';
    this.#gates.replaceChildren(...gates.map(({ gate, seen }) => {
      const opened = seen.find(({ state }) => state === 'open');
      const waited = gate.state === 'open' && opened ? `opened after ${duration(Math.max(0, opened.at - start))}`
        : isSetup ? `${gate.state}, ${duration(now - start)}${gate.deadline === null ? '' : ` of ${duration(gate.elapsed + gate.deadline)}`}` : gate.state;
      return element('li', { 'data-state': gate.state }, icon(gate.state === 'open' ? 'check' : gate.state === 'failed' ? 'cross' : 'pause'),
        element('code', {}, gate.name), element('span', {}, `${waited}${gate.required ? '' : ' (optional)'}`));
    }));
  }
}

class RowView {
  #took = element('span', { class: 'took' });
  #meaning = element('span', { class: 'meaning' });
  #mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  #share = element('span', { class: 'share', 'aria-hidden': 'true' });
  #said = element('span', { class: 'visually-hidden' });
  #state;

  /** @param {ConnectionStateName} state */
  constructor(state) {
    this.#state = state;
    this.element = element('li', { class: 'phase' }, this.#mark, element('span', { class: 'name' }, state), this.#said, this.#took, this.#meaning, this.#share);
  }

  /** @param {Row} row @param {number} share of the longest phase @param {readonly Phase[]} phases */
  update({ progress, took }, share, phases) {
    const changed = this.element.getAttribute('data-progress') !== progress;
    setAttribute(this.element, 'data-progress', progress);
    setAttribute(this.element, 'aria-current', progress === 'now' ? 'step' : null);
    if (changed) this.#mark.replaceChildren(...(progress === 'done' ? [icon('check')] : progress === 'failed' ? [icon('cross')] : []));
    setText(this.#said, { ahead: ' (not yet)', now: ' (now)', done: ' (done)', failed: ' (failed here)' }[progress]);
    const ready = this.#state === 'PROCESSING_READY' ? phases.find(({ state }) => state === 'PROCESSING_READY') : undefined;
    setText(this.#took, ready ? CLOCK.format(ready.at) : took === null ? '' : duration(took));
    setText(this.#meaning, MEANING[this.#state]);
    this.#share.style.setProperty('--share', String(share));
  }
}
