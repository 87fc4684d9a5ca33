// What may be asked with one click: cards before the first question, a row of buttons after an answer.

import { element, find } from './element.js';

/** @import { Conversation } from './conversation.js' */

const QUESTIONS = Object.freeze([
  { title: 'Where does my AI spend go?', text: 'The whole picture, by model and by day' },
  { title: 'Cost by day', text: 'Weeks, peaks and weekends' },
  { title: 'Find savings', text: 'What to change, and what each change saves' },
]);

export class Suggestions {
  #cards = find('#suggestions', HTMLElement);
  #next = find('#next', HTMLElement);
  #shown = '';
  #ask;

  /** @param {(question: string) => void} ask @param {() => void} attach */
  constructor(ask, attach) {
    this.#ask = ask;
    const card = (/** @type {string} */ title, /** @type {string} */ text, /** @type {() => void} */ click) =>
      element('button', { type: 'button', class: 'suggestion', click }, element('strong', {}, title), element('span', {}, text));
    this.#cards.replaceChildren(
      ...QUESTIONS.map(({ title, text }) => card(title, text, () => ask(title))),
      card('Use my own data', 'Paste a CSV of your usage, or choose a file', attach),
    );
    this.#next.replaceChildren();
  }

  /** Offers what was not asked yet, once the last question is answered. @param {Conversation} conversation */
  update({ transcript, current }) {
    const { exchanges } = transcript;
    const asked = new Set(exchanges.map(({ question }) => question));
    const next = exchanges.length > 0 ? QUESTIONS.map(({ title }) => title).filter((title) => !asked.has(title)) : [];
    // Out of sight while an answer comes, and in its place: when they come back nothing moves.
    this.#next.classList.toggle('resting', current !== null);
    if (this.#shown === next.join()) return;
    this.#shown = next.join();
    this.#next.replaceChildren(...next.map((title) => element('button', { type: 'button', class: 'quiet', click: () => this.#ask(title) }, title)));
  }
}
