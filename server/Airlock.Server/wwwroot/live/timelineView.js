// One connection's way, drawn: a bar for each phase on a scale of its own, and marks for what happened on the way. The list below the picture says the same in words.

import { duration } from '../words.js';
import { marksOf, phasesOf, scaleOf } from './timeline.js';

/** @import { Detail } from './seen.js' */
/** @import { Mark, MarkKind } from './timeline.js' */

const SVG = 'http://www.w3.org/2000/svg';
const ROW = 24;
const LABELS = 136;
/** What the marks look like: on a grid of 12 by 12 around their place. @type {Readonly<Record<MarkKind, string>>} */
const SHAPES = Object.freeze({
  gate: 'M0-5L5 0L0 5L-5 0z',
  resume: 'M-4 1.5A4.2 4.2 0 1 1-1.5 4M-4.6-1.8V2.2H-.6',
  refused: 'M-4-4L4 4M4-4L-4 4',
  deadline: 'M-4-5H4L-4 5H4z',
  slow: 'M-3-5V5M3-5V5',
  end: 'M-4-4H4V4H-4z',
});
/** @type {Readonly<Record<MarkKind, string>>} */
export const MARK_NAMES = Object.freeze({ gate: 'gates', resume: 'resumed', refused: 'refused', deadline: 'deadline', slow: 'does not read', end: 'end' });

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {Detail} detail @param {number} width in pixels @returns {SVGElement} */
export function drawTimeline(detail, width) {
  const phases = phasesOf(detail);
  const marks = marksOf(detail);
  const chart = Math.max(80, width - LABELS);
  const scale = scaleOf(phases, chart);
  const height = phases.length * ROW + (marks.length > 0 ? ROW + 4 : 4);
  const said = phases.map(({ state, took, isNow }) => `${state} ${duration(took)}${isNow ? ' so far' : ''}`).join(', ');
  const picture = svg('svg', { class: 'timeline', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Timeline: ${said}${detail.connection.cause ? `; ended with ${detail.connection.cause}` : ''}` });
  phases.forEach((phase, place) => {
    const left = LABELS + scale(phase.at);
    const end = LABELS + (place === phases.length - 1 ? chart : scale(phase.at + phase.took));
    const y = place * ROW;
    const bar = svg('rect', { class: 'phase-bar', 'data-state': phase.state, 'data-now': phase.isNow ? 'yes' : 'no', x: left, y: y + 5, width: Math.max(3, end - left), height: ROW - 10, rx: 3 });
    bar.append(svg('title', {}, `${phase.state}: ${duration(phase.took)}`));
    // Beside the bar, on the side where there is room.
    const text = duration(phase.took);
    const needs = text.length * 7 + 8;
    const [x, anchor, inside] = width - end > needs ? [end + 5, 'start', 'no'] : left - LABELS > needs ? [left - 5, 'end', 'no'] : [end - 5, 'end', 'yes'];
    picture.append(
      svg('line', { class: 'guide', x1: LABELS, x2: width, y1: y + ROW, y2: y + ROW }),
      svg('text', { class: 'phase-name', x: 0, y: y + ROW / 2 + 4 }, phase.state), bar,
      svg('text', { class: 'phase-took', x, y: y + ROW / 2 + 4, 'text-anchor': anchor, 'data-inside': inside }, text));
  });
  let beside = -Infinity;
  for (const [place, mark] of marks.entries()) {
    // Side by side where they would lie on each other, and no further than there is room for those that follow.
    beside = Math.min(chart - 6 - (marks.length - 1 - place) * 2, Math.max(6, scale(mark.at), beside + 13));
    picture.append(drawMark(mark, LABELS + beside, phases.length * ROW + ROW / 2 + 2));
  }
  return picture;
}

/** @param {Mark} mark @param {number} x @param {number} y */
function drawMark({ kind, text, at }, x, y) {
  const group = svg('g', { class: 'mark-at', 'data-kind': kind, transform: `translate(${x.toFixed(1)} ${y})` });
  group.append(svg('title', {}, `${duration(at)}: ${text}`), svg('path', { class: 'mark-line', d: `M0 ${-y}V-7` }), svg('path', { class: 'mark-shape', d: SHAPES[kind] }));
  return group;
}

/** The marks that occur, explained. @param {Detail} detail @returns {HTMLElement} */
export function drawLegend(detail) {
  const legend = document.createElement('p');
  legend.className = 'mark-legend';
  for (const kind of new Set(marksOf(detail).map((mark) => mark.kind))) {
    const item = document.createElement('span');
    const picture = svg('svg', { viewBox: '-7 -7 14 14', 'aria-hidden': 'true' });
    picture.append(svg('g', { class: 'mark-at', 'data-kind': kind }, svg('path', { class: 'mark-shape', d: SHAPES[kind] })));
    item.append(picture, MARK_NAMES[kind]);
    legend.append(item);
  }
  return legend;
}
