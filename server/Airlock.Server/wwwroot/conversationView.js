// The list of exchanges: follows the end while the reader is there, and tells a screen reader what has come.

import { element, find, setAttribute, setText } from './element.js';
import { isOpen } from './exchange.js';
import { ExchangeView } from './exchangeView.js';
import { plainText } from './markdownView.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Exchange, ExchangeStatus } from './exchange.js' */

/** How near the end counts as being there, in pixels. */
const NEAR = 80;
const SPOKEN_MAX = 1_500;

export class ConversationView {
  #scroller = find('#transcript', HTMLElement);
  #list = find('#exchanges', HTMLOListElement);
  #queue = find('#queue', HTMLOListElement);
  #empty = find('#empty', HTMLElement);
  #jump = find('#jump', HTMLButtonElement);
  #announcer = find('#announcer', HTMLElement);
  /** @type {Map<string, ExchangeView>} */
  #views = new Map();
  /** @type {Map<string, ExchangeStatus>} */
  #announced = new Map();
  /** @type {Set<Exchange>} */
  #changed = new Set();
  #follows = true;
  #conversation;
  #again;

  /** @param {Conversation} conversation @param {(question: string) => void} again @param {AbortSignal} signal ends it */
  constructor(conversation, again, signal) {
    this.#conversation = conversation;
    this.#again = again;
    this.#list.replaceChildren();
    this.#queue.replaceChildren();
    conversation.addEventListener('exchange', (event) => this.#schedule(/** @type {CustomEvent<Exchange>} */ (event).detail), { signal });
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    this.#jump.addEventListener('click', () => this.#toEnd(), { signal });
    const resized = new ResizeObserver(() => this.#follows && this.#toEnd());
    resized.observe(this.#list);
    resized.observe(this.#scroller);
    signal.addEventListener('abort', () => resized.disconnect());
    for (const exchange of conversation.transcript.exchanges) this.#announced.set(exchange.id, exchange.status);
    this.#render();
    this.#toEnd();
  }

  /** Many parts come within a frame; they are shown once. @param {Exchange} exchange */
  #schedule(exchange) {
    if (this.#changed.size === 0) requestAnimationFrame(() => this.#render());
    this.#changed.add(exchange);
    // Nothing is painted in a hidden tab, and yet its title and its reader want to know.
    if (document.hidden) this.#render();
  }

  #render() {
    const { exchanges } = this.#conversation.transcript;
    const ids = new Set(exchanges.map(({ id }) => id));
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
    // In their place once it is their turn.
    const first = exchanges.findIndex(isOpen);
    const waits = exchanges.map((exchange, place) => place > first && first >= 0 && isOpen(exchange) && exchange.status !== 'working');
    let [shown, queued] = [0, 0];
    exchanges.forEach((exchange, number) => {
      const known = this.#views.get(exchange.id);
      if (!known) for (const former of this.#views.values()) former.fold();
      const view = known ?? new ExchangeView(exchange, this.#again);
      this.#views.set(exchange.id, view);
      const list = waits[number] ? this.#queue : this.#list;
      const place = waits[number] ? queued++ : shown++;
      if (list.children[place] !== view.element) list.insertBefore(view.element, list.children[place] ?? null);
    });
    for (const exchange of this.#changed) {
      this.#views.get(exchange.id)?.update(exchange);
      this.#announce(exchange);
    }
    this.#changed.clear();
    setAttribute(this.#empty, 'hidden', exchanges.length > 0);
  }

  /** @param {Exchange} exchange */
  #announce({ id, status, answer, problem, draft }) {
    if (this.#announced.get(id) === status) return;
    const isNew = !this.#announced.has(id);
    this.#announced.set(id, status);
    if (status === 'queued') setText(this.#announcer, 'Queued. It is sent when the connection is ready.');
    else if (status === 'working') setText(this.#announcer, 'The agent is answering.');
    else if (status === 'done' && !isNew) setText(this.#announcer, `Answer: ${plainText(answer ?? draft).slice(0, SPOKEN_MAX)}`);
    else if (status === 'stopped') setText(this.#announcer, 'Stopped.');
    else if (status === 'failed') setText(this.#announcer, `${problem?.message ?? 'Not answered.'} ${problem?.action ?? ''}`);
    else if (isNew) this.#toEnd();
  }

  #scrolled() {
    this.#follows = this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight < NEAR;
    setAttribute(this.#jump, 'hidden', this.#follows);
  }

  #toEnd() {
    this.#follows = true;
    this.#scroller.scrollTop = this.#views.size > 0 ? this.#scroller.scrollHeight : 0;
    setAttribute(this.#jump, 'hidden', true);
  }
}
