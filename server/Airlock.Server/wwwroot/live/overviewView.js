// What concerns no single connection: gates and breakers, sessions, recent closes by cause.

import { element, find, setAttribute } from '../element.js';
import { icon } from '../icon.js';
import { span } from './rows.js';

/** @import { Seen } from './seen.js' */

const NUMBER = new Intl.NumberFormat();
const BREAKER_WORDS = /** @type {Readonly<Record<string, string>>} */ (Object.freeze({ closed: 'closed: calls pass', open: 'open: calls are refused', half_open: 'half open: one trial call', isolated: 'held open' }));
const FAULT_WORDS = Object.freeze({ nobody: 'ordinary', client: 'client', server: 'server', network: 'network' });

export class OverviewView {
  #gates = find('#gate-list', HTMLUListElement);
  #sessions = find('#session-counts', HTMLElement);
  #causes = find('#cause-list', HTMLOListElement);
  #none = find('#cause-none', HTMLElement);
  #listSessions;
  #listCause;
  #shown = '';

  /** @param {{ listSessions: () => void, listCause: (cause: string) => void }} actions */
  constructor({ listSessions, listCause }) {
    this.#listSessions = listSessions;
    this.#listCause = listCause;
  }

  /** @param {Seen} seen */
  update({ gates, breakers, sessions, causes }) {
    // Ages alone are no change: a button that is being pressed is not replaced.
    const shown = JSON.stringify([gates, breakers, sessions, causes.map(({ latest, ...rest }) => [rest, span(latest)])]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['cause'] : undefined;
    this.#gates.replaceChildren(
      ...gates.map(({ name, required, state, retryAfter }) => check(name, state === 'open' ? 'good' : state === 'degraded' || !required ? 'warn' : 'bad', `${state}${required ? '' : ' (optional)'}${retryAfter === null ? '' : `, again in ${span(retryAfter)}`}`)),
      ...breakers.map(({ name, state }) => check(`${name} breaker`, state === 'closed' ? 'good' : state === 'open' ? 'bad' : 'warn', BREAKER_WORDS[state] ?? state)));
    this.#sessions.replaceChildren(...(sessions
      ? [element('p', { class: 'counts' }, element('strong', {}, NUMBER.format(sessions.attached)), ' attached', element('strong', {}, NUMBER.format(sessions.detached)), ' waiting for their client'),
        element('button', { type: 'button', class: 'quiet', click: this.#listSessions }, 'List them')]
      : [element('p', { class: 'hint' }, 'This store cannot list its sessions.')]));
    const most = Math.max(1, ...causes.map(({ count }) => count));
    this.#causes.replaceChildren(...causes.map(({ cause, code, fault, count, latest }) => {
      const bar = element('span', { class: 'cause-bar', 'aria-hidden': 'true' });
      bar.style.setProperty('--part', String(count / most));
      return element('li', { class: 'cause', 'data-fault': fault },
        element('button', { type: 'button', class: 'cause-button', 'data-cause': cause, title: 'List the connections that ended so', click: () => this.#listCause(cause) },
          element('code', {}, cause), element('span', { class: 'cause-count' }, NUMBER.format(count)), bar),
        element('span', { class: 'cause-foot' }, `${code} · ${FAULT_WORDS[fault]} · ${span(latest)} ago · `, element('a', { href: `/causes#${cause}`, target: '_blank', rel: 'noopener', 'aria-label': `about it: ${cause}` }, 'about it')));
    }));
    setAttribute(this.#none, 'hidden', causes.length > 0);
    if (focused) this.#causes.querySelector(`[data-cause="${focused}"]`)?.closest('button')?.focus();
  }
}

/** @param {string} name @param {'good' | 'warn' | 'bad'} tone @param {string} text */
function check(name, tone, text) {
  return element('li', { class: 'check', 'data-tone': tone }, icon(tone === 'good' ? 'check' : tone === 'warn' ? 'warning' : 'cross'), element('code', {}, name), element('span', {}, text));
}
