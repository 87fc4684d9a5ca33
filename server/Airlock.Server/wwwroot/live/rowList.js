// A list of any length of which only what is visible is in the document. It is told rows by their place, and says which places it shows.

import { setAttribute } from '../element.js';

/** Rows above and below what is visible, so that scrolling finds something. */
const BEYOND = 12;

/**
 * @template T
 * @typedef {object} RowKind how rows look
 * @property {(row: T) => string} key
 * @property {() => HTMLElement} make
 * @property {(target: HTMLElement, row: T | null) => void} fill `null`: not known yet
 */

/** @template T */
export class RowList {
  #scroller;
  #space;
  #kind;
  #told;
  #chosen;
  #total = 0;
  #from = 0;
  /** @type {T[]} */
  #rows = [];
  /** The elements, by their place. @type {Map<number, HTMLElement>} */
  #elements = new Map();
  /** Where the keyboard is. @type {number | null} */
  #active = null;
  /** @type {string | null} */
  #activeKey = null;
  /** @type {string | null} */
  #selected = null;

  /**
   * @param {HTMLElement} scroller a listbox
   * @param {RowKind<T>} kind
   * @param {(from: number, count: number) => void} told which places are wanted
   * @param {(row: T) => void} chosen by a click or the keyboard
   */
  constructor(scroller, kind, told, chosen) {
    this.#scroller = scroller;
    this.#kind = kind;
    this.#told = told;
    this.#chosen = chosen;
    this.#space = document.createElement('div');
    this.#space.className = 'row-space';
    this.#space.setAttribute('role', 'presentation');
    scroller.replaceChildren(this.#space);
    scroller.addEventListener('scroll', () => this.#show(), { passive: true });
    scroller.addEventListener('click', (event) => this.#clicked(event));
    scroller.addEventListener('keydown', (event) => this.#pressed(event));
    new ResizeObserver(() => this.#show()).observe(scroller);
  }

  /** The places that are wanted. */
  get window() {
    const height = this.#rowHeight;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - BEYOND);
    return { from: first, count: Math.min(200, Math.ceil(this.#scroller.clientHeight / height) + 2 * BEYOND) };
  }

  /** Shows another list from its top. @param {RowKind<T>} kind */
  restart(kind) {
    if (kind !== this.#kind) {
      this.#kind = kind;
      for (const element of this.#elements.values()) element.remove();
      this.#elements.clear();
    }
    this.#rows = [];
    this.#active = this.#activeKey = null;
    this.#scroller.scrollTop = 0;
    this.#show();
  }

  /** @param {{ total: number, from: number, rows: T[], selected: string | null }} content */
  update({ total, from, rows, selected }) {
    const anchor = this.#anchor();
    this.#total = total;
    this.#from = from;
    this.#rows = rows;
    this.#selected = selected;
    this.#space.style.height = `${total * this.#rowHeight}px`;
    if (anchor) {
      // What one looks at stays where it is while others come and go above it.
      const place = rows.findIndex((row) => this.#kind.key(row) === anchor.key);
      if (place >= 0) this.#scroller.scrollTop += (from + place - anchor.place) * this.#rowHeight;
    }
    if (this.#active !== null) {
      const place = this.#activeKey === null ? -1 : rows.findIndex((row) => this.#kind.key(row) === this.#activeKey);
      // What has gone, or was not known yet, leaves the keyboard where it was; a list that has shrunk, at its end.
      if (place >= 0) this.#active = from + place;
      else this.#note(Math.min(this.#active, total - 1));
    }
    this.#show();
  }

  get #rowHeight() {
    return parseFloat(getComputedStyle(this.#scroller).getPropertyValue('--row-height')) || 40;
  }

  /** The row at the top, unless the list is at its top. */
  #anchor() {
    const { scrollTop } = this.#scroller;
    if (scrollTop <= 0) return null;
    const place = Math.floor(scrollTop / this.#rowHeight);
    const row = this.#rows[place - this.#from];
    return row === undefined ? null : { place, key: this.#kind.key(row) };
  }

  #show() {
    const { from, count } = this.window;
    const height = this.#rowHeight;
    const end = Math.min(this.#total, from + count);
    for (const [place, element] of this.#elements) {
      if (place >= from && place < end) continue;
      element.remove();
      this.#elements.delete(place);
    }
    for (let place = from; place < end; place++) {
      const row = this.#rows[place - this.#from] ?? null;
      let element = this.#elements.get(place);
      if (!element) {
        element = this.#kind.make();
        element.id = `row-${place}`;
        element.setAttribute('role', 'option');
        element.dataset['place'] = String(place);
        this.#elements.set(place, element);
        this.#space.append(element);
      }
      element.style.transform = `translateY(${place * height}px)`;
      const key = row === null ? null : this.#kind.key(row);
      setAttribute(element, 'aria-posinset', place + 1);
      setAttribute(element, 'aria-setsize', this.#total);
      setAttribute(element, 'aria-selected', key !== null && key === this.#selected ? 'true' : 'false');
      setAttribute(element, 'data-active', place === this.#active);
      setAttribute(element, 'aria-busy', row === null ? 'true' : null);
      this.#kind.fill(element, row);
    }
    setAttribute(this.#scroller, 'aria-activedescendant', this.#active !== null && this.#elements.has(this.#active) ? `row-${this.#active}` : null);
    this.#told(from, count);
  }

  /** @param {number} place */
  #go(place) {
    const to = Math.max(0, Math.min(this.#total - 1, place));
    this.#note(to);
    const height = this.#rowHeight;
    const top = to * height;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top + height > this.#scroller.scrollTop + this.#scroller.clientHeight) this.#scroller.scrollTop = top + height - this.#scroller.clientHeight;
    this.#show();
  }

  /** @param {number} place where the keyboard is now */
  #note(place) {
    this.#active = place < 0 ? null : place;
    const row = this.#rows[place - this.#from];
    this.#activeKey = row === undefined ? null : this.#kind.key(row);
  }

  /** @param {number} place */
  #choose(place) {
    const row = this.#rows[place - this.#from];
    if (row !== undefined) this.#chosen(row);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const element = event.target instanceof Element ? event.target.closest('[data-place]') : null;
    if (!(element instanceof HTMLElement)) return;
    const place = Number(element.dataset['place']);
    this.#go(place);
    this.#choose(place);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (this.#total === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
    const at = this.#active ?? -1;
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + page, PageUp: at - page, Home: 0, End: this.#total - 1 }[event.key];
    if (to !== undefined) this.#go(to);
    else if ((event.key === 'Enter' || event.key === ' ') && this.#active !== null) this.#choose(this.#active);
    else return;
    event.preventDefault();
  }
}
