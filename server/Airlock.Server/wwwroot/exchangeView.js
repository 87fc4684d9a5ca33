// One question with its answer: the agent's steps as a trace, the answer as it comes, and what went wrong.

import { element, setAttribute, setText } from './element.js';
import { isOpen } from './exchange.js';
import { icon } from './icon.js';
import { renderMarkdown } from './markdownView.js';
import { duration } from './words.js';

/** @import { Exchange, ExchangeStatus, Step } from './exchange.js' */
/** @import { IconName } from './icon.js' */

/** @type {Record<ExchangeStatus, string>} */
const STATUS = {
  queued: 'Queued: sent when ready', sent: 'Sent', working: 'Stored, being answered', done: 'Done', stopped: 'Stopped', failed: 'Not answered', unknown: 'Waiting for the history',
};

/** @type {Record<Step['kind'], IconName>} */
const STEP_ICONS = { started: 'start', thinking: 'thought', tool: 'tool', completed: 'check', error: 'warning', stopped: 'stop' };

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export class ExchangeView {
  #status = element('span', { class: 'status-text' });
  #trace = element('details', { class: 'trace', hidden: true });
  #summary = element('summary');
  #steps = element('ol');
  #answer = element('div', { class: 'markdown' });
  #after = element('div', { class: 'after' });
  #before = element('div', { class: 'before' });
  /** What is shown already. */
  #shown = { answer: '', steps: '', after: '' };
  #wasOpen = false;
  #again;

  /** @param {Exchange} exchange @param {(question: string) => void} again asks once more */
  constructor(exchange, again) {
    this.#again = again;
    const { question, csv, at } = exchange;
    this.#trace.append(this.#summary, this.#steps);
    this.element = element('li', { class: 'exchange', id: `exchange-${exchange.id}` },
      element('div', { class: 'question' },
        element('p', { class: 'question-text' }, question),
        csv && element('p', { class: 'csv' }, icon('file'), `${csv.name}, ${csv.rows} ${csv.rows === 1 ? 'row' : 'rows'}`),
        element('p', { class: 'meta' }, at !== null && element('time', { datetime: new Date(at).toISOString() }, TIME.format(at)), this.#status)),
      element('div', { class: 'reply' }, this.#before, this.#trace, this.#answer, this.#after));
    this.update(exchange);
  }

  /** Closes the trace: the reader goes on to something else. */
  fold() {
    if (!this.#wasOpen) this.#trace.open = false;
  }

  /** @param {Exchange} exchange */
  update(exchange) {
    setAttribute(this.element, 'data-status', exchange.status);
    setText(this.#status, exchange.stopping && isOpen(exchange) ? 'Stopping…' : STATUS[exchange.status]);
    this.#updateTrace(exchange);
    this.#updateAnswer(exchange);
    this.#updateAfter(exchange);
  }

  /** @param {Exchange} exchange */
  #updateTrace(exchange) {
    const { steps } = exchange;
    const isWorking = exchange.status === 'working' && exchange.answer === null;
    setAttribute(this.#trace, 'hidden', steps.length === 0);
    setText(this.#summary, traceSummary(exchange, isWorking));
    const key = JSON.stringify(steps);
    if (key !== this.#shown.steps) {
      this.#shown.steps = key;
      // How it ended the summary says, and what went wrong stands below: a line that came above the answer when it ends would move what is being read.
      patch(this.#steps, steps.filter(({ kind }) => kind !== 'completed' && kind !== 'error').map(renderStep));
    }
    // Opened when the work begins. When it ends nothing closes by itself under the reader; that is for the reader, or the next question.
    if (isWorking && !this.#wasOpen) this.#trace.open = true;
    this.#wasOpen = isWorking;
  }

  /** @param {Exchange} exchange */
  #updateAnswer(exchange) {
    const text = exchange.answer ?? exchange.draft;
    const isDraft = exchange.answer === null && isOpen(exchange);
    this.#answer.classList.toggle('draft', isDraft && text !== '');
    setAttribute(this.#answer, 'hidden', text === '');
    if (text === this.#shown.answer) return;
    this.#shown.answer = text;
    patch(this.#answer, renderMarkdown(text));
  }

  /** @param {Exchange} exchange */
  #updateAfter({ status, notes, problem, question, csv }) {
    const key = JSON.stringify([status, notes, problem]);
    if (key === this.#shown.after) return;
    this.#shown.after = key;
    const canAsk = csv === null && (status === 'failed' || status === 'stopped' || status === 'unknown');
    const waiting = status === 'queued' || status === 'sent' ? element('p', { class: 'waiting' }, element('span', { class: 'dots', 'aria-hidden': 'true' }), status === 'queued' ? 'Waiting for the connection' : 'Waiting for the agent') : null;
    // Above what is written next, and in the place of what was withdrawn: below, it would be pushed along.
    this.#before.replaceChildren(...notes.map((note) => element('p', { class: 'note' }, note)));
    this.#after.replaceChildren(...[
      status === 'stopped' && element('p', { class: 'note' }, icon('stop'), 'Stopped here. What was written stays; the history does not keep it.'),
      problem && element('div', { class: 'problem' }, icon('warning'), element('div', {}, element('p', { class: 'problem-message' }, problem.message), element('p', {}, problem.action))),
      status === 'working' && element('p', { class: 'note away' }, 'You are away: the rest of the answer follows when the connection is back.'),
      canAsk && element('button', { type: 'button', class: 'quiet', click: () => this.#again(question) }, icon('again'), 'Ask again'),
      waiting,
    ].filter((part) => part instanceof Node));
  }
}

/** @param {Exchange} exchange @param {boolean} isWorking */
function traceSummary({ steps, agent }, isWorking) {
  const last = steps.at(-1);
  const tools = steps.filter(({ kind }) => kind === 'tool').length;
  if (isWorking) return `${agent ?? 'Agent'} at work`;
  const times = steps.flatMap(({ at }) => at ?? []);
  const took = times.length > 1 && last?.kind !== 'stopped' ? duration(Math.max(...times) - Math.min(...times)) : null;
  const outcome = { completed: 'Completed', error: 'Failed', stopped: 'Stopped' }[/** @type {string} */ (last?.kind)] ?? 'Answered';
  return [`${outcome}${took ? ` in ${took}` : ''}`, `${steps.length} steps`, tools > 0 ? `${tools} ${tools === 1 ? 'tool' : 'tools'}` : null].filter(Boolean).join(' · ');
}

/** @param {Step} step @returns {HTMLElement} */
function renderStep({ kind, text, tool, ok }) {
  const name = kind === 'tool' ? (ok === null ? 'tool' : ok ? 'check' : 'cross') : STEP_ICONS[kind];
  const state = kind === 'tool' ? (ok === null ? 'running' : ok ? 'ok' : 'failed') : kind;
  const said = kind === 'tool' ? { running: 'running', ok: 'done', failed: 'failed' }[/** @type {string} */ (state)] : null;
  return element('li', { class: `step step-${kind}`, 'data-state': state }, icon(name),
    element('span', {}, tool && element('code', {}, tool), said && element('span', { class: 'visually-hidden' }, ` ${said} `), text && element('span', { class: 'step-text' }, tool ? ` ${text}` : text)));
}

/**
 * Shows new children and keeps those that are the same, so that what is selected or scrolled stays.
 * @param {HTMLElement} parent
 * @param {Node[]} children
 */
function patch(parent, children) {
  children.forEach((child, place) => {
    const shown = parent.childNodes[place];
    if (!shown) parent.append(child);
    else if (!shown.isEqualNode(child)) shown.replaceWith(child);
  });
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
}
