// Connections by state as they move: a lane for each state with its count, and a dot for each connection, or for a sample where there are many.

import { element, find, setAttribute, setText } from '../element.js';
import { MEANING } from '../words.js';
import { Flow } from './flow.js';
import { LIVE_STATES } from './seen.js';

/** @import { ConnectionStateName } from '/client/connectionState.js' */
/** @import { Seen } from './seen.js' */

const NUMBER = new Intl.NumberFormat();
/** Where in a lane there is room for dots, in pixels from its edges. */
const ROOM = { top: 50, side: 12, bottom: 10 };

export class FlowView {
  #canvas = find('#dots', HTMLCanvasElement);
  #lanes;
  #flow = new Flow();
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {string[]} */
  #colours = [];
  #frame = 0;
  /** @type {{ opened: number, closed: number, at: number } | null} */
  #before = null;
  #rates = { opened: 0, closed: 0 };

  /** @param {(state: ConnectionStateName) => void} choose */
  constructor(choose) {
    this.#lanes = LIVE_STATES.map((state) => {
      const count = element('span', { class: 'lane-count' }, '0');
      const button = element('button', { type: 'button', class: 'lane', 'data-state': state, 'aria-pressed': 'false', title: MEANING[state], click: () => choose(state) },
        element('span', { class: 'lane-name' }, state), count);
      return { state, button, count };
    });
    find('#lanes', HTMLOListElement).replaceChildren(...this.#lanes.map(({ state, button }) => element('li', { 'data-state': state }, button)));
    const measure = () => this.#measure();
    new ResizeObserver(measure).observe(this.#canvas);
    new MutationObserver(measure).observe(document.documentElement, { attributeFilter: ['data-theme'] });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', measure);
  }

  /** @param {Seen} seen @param {string | null} chosen the state that the list is filtered by */
  update(seen, chosen) {
    for (const { state, button, count } of this.#lanes) {
      const number = seen.states[state] ?? 0;
      setText(count, NUMBER.format(number));
      setAttribute(button, 'data-empty', number === 0);
      setAttribute(button, 'aria-pressed', state === chosen ? 'true' : 'false');
    }
    this.#showTotals(seen);
    const now = performance.now();
    this.#flow.update(seen.dots.numbers, (place) => Number(seen.dots.states[place]), now);
    if (this.#still.matches) this.#flow.step(now + 1e6);
    this.#animate();
  }

  /** @param {Seen} seen */
  #showTotals({ states, opened, closed, dots }) {
    const total = Object.values(states).reduce((sum, count) => sum + count, 0);
    const at = performance.now();
    if (this.#before && at > this.#before.at) {
      const seconds = (at - this.#before.at) / 1000;
      // Half of what it was, half of what it is: a steady figure that still follows.
      this.#rates.opened = (this.#rates.opened + (opened - this.#before.opened) / seconds) / 2;
      this.#rates.closed = (this.#rates.closed + (closed - this.#before.closed) / seconds) / 2;
    }
    this.#before = { opened, closed, at };
    setText(find('#totals', HTMLElement), `${NUMBER.format(total)} ${total === 1 ? 'connection' : 'connections'} now, ${NUMBER.format(opened)} ever · ${rate(this.#rates.opened)} opened/s · ${rate(this.#rates.closed)} closed/s`);
    setText(find('#legend', HTMLElement), dots.every === 1 ? 'Each dot is a connection' : `Each dot stands for ${dots.every} connections`);
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (width === 0) return;
    const scale = devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const origin = this.#canvas.getBoundingClientRect();
    const boxes = this.#lanes.map(({ button }) => {
      const box = button.getBoundingClientRect();
      return { x: box.x - origin.x + ROOM.side, y: box.y - origin.y + ROOM.top, width: box.width - 2 * ROOM.side, height: box.height - ROOM.top - ROOM.bottom };
    });
    this.#colours = this.#lanes.map(({ button }) => getComputedStyle(button).borderTopColor);
    this.#flow.resize(boxes, width);
    this.#draw();
  }

  #animate() {
    cancelAnimationFrame(this.#frame);
    const next = () => {
      const isMoving = this.#flow.step(performance.now());
      this.#draw();
      if (isMoving) this.#frame = requestAnimationFrame(next);
    };
    this.#frame = requestAnimationFrame(next);
  }

  #draw() {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const scale = devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    for (const dot of this.#flow.dots) {
      const size = this.#flow.sizeOf(dot.lane);
      context.fillStyle = this.#colours[dot.lane] ?? 'gray';
      context.globalAlpha = dot.isLeaving ? 0.35 : 1;
      context.beginPath();
      context.arc(dot.x, dot.y, Math.max(1.1, size * 0.36), 0, 2 * Math.PI);
      context.fill();
    }
  }
}

/** @param {number} perSecond */
const rate = (perSecond) => (perSecond < 0.05 ? '0' : perSecond < 10 ? perSecond.toFixed(1) : NUMBER.format(Math.round(perSecond)));
