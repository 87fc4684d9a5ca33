// What to list: which states, whose, for what cause, how old, in which order.

import { SERVER_REASONS } from '/client/index.js';
import { element, find, setAttribute, setText } from '../element.js';
import { LIVE_STATES } from './seen.js';

/** @import { Look } from './seen.js' */

/** How long to wait for the next letter. */
const TYPING = 200;

/** @typedef {Pick<Look, 'list' | 'state' | 'user' | 'cause' | 'minimumAge' | 'oldestFirst'>} Filter */

const CONNECTION_STATES = [['', 'All live'], ...LIVE_STATES.map((state) => [state, state]), ['ENDED', 'Ended recently']];
const SESSION_STATES = [['', 'All sessions'], ['ATTACHED', 'Attached'], ['DETACHED', 'Away']];
const AGES = [['0', ''], ['10', '10 s'], ['60', '1 min'], ['600', '10 min'], ['3600', '1 h'], ['86400', '1 day']];

export class FilterView {
  #user = find('#user', HTMLInputElement);
  #state = find('#state', HTMLSelectElement);
  #cause = find('#cause', HTMLSelectElement);
  #age = find('#age', HTMLSelectElement);
  #order = find('#order', HTMLSelectElement);
  #clear = find('#clear', HTMLButtonElement);
  #tabs = { connections: find('#tab-connections', HTMLButtonElement), sessions: find('#tab-sessions', HTMLButtonElement) };
  #told;
  /** @type {'connections' | 'sessions'} */
  #list = 'connections';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(filter: Filter) => void} told */
  constructor(told) {
    this.#told = told;
    this.#cause.replaceChildren(option('', 'Any cause'), ...SERVER_REASONS.map(({ cause }) => option(cause, cause)));
    const form = find('#filter', HTMLFormElement);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('change', () => this.#tell());
    this.#user.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tell(), TYPING);
    });
    this.#clear.addEventListener('click', () => {
      this.choose({ state: null, cause: null });
      this.#user.focus();
    });
    for (const list of /** @type {const} */ (['connections', 'sessions'])) this.#tabs[list].addEventListener('click', () => this.show(list));
    this.#fillIn();
  }

  /** @returns {Filter} */
  get filter() {
    const isConnections = this.#list === 'connections';
    return {
      list: this.#list,
      state: this.#state.value || null,
      user: this.#user.value.trim() || null,
      cause: (isConnections && this.#cause.value) || null,
      minimumAge: Number(this.#age.value),
      oldestFirst: this.#order.value === 'oldest',
    };
  }

  /** @param {'connections' | 'sessions'} list */
  show(list) {
    if (this.#list !== list) {
      this.#list = list;
      this.#fillIn();
    }
    this.#tell();
  }

  /** Lists the connections of one state or cause, and nothing else left out. @param {{ state: string | null, cause: string | null }} wish */
  choose({ state, cause }) {
    this.#user.value = '';
    this.#age.value = '0';
    if (this.#list !== 'connections') {
      this.#list = 'connections';
      this.#fillIn();
    }
    this.#state.value = state ?? '';
    this.#cause.value = cause ?? '';
    this.#tell();
  }

  #fillIn() {
    const isConnections = this.#list === 'connections';
    this.#state.replaceChildren(...(isConnections ? CONNECTION_STATES : SESSION_STATES).map(([value = '', text = '']) => option(value, text)));
    this.#age.replaceChildren(...AGES.map(([value = '', text = '']) => option(value, text === '' ? (isConnections ? 'Any age' : 'Any time away') : isConnections ? `From ${text} old` : `Away from ${text}`)));
    setAttribute(this.#cause, 'hidden', !isConnections);
    for (const [list, tab] of Object.entries(this.#tabs)) setAttribute(tab, 'aria-pressed', list === this.#list ? 'true' : 'false');
  }

  #tell() {
    clearTimeout(this.#timer);
    const { filter } = this;
    setAttribute(this.#clear, 'hidden', !(filter.state || filter.user || filter.cause || filter.minimumAge));
    this.#told(filter);
  }
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = element('option', { value });
  setText(made, text);
  return made;
}
