// Shows what markdown.js has read. Every text becomes a text node; links lead only to http and https and tell the other side nothing.

import { element } from './element.js';
import { readMarkdown } from './markdown.js';

/** @import { Block, Inline } from './markdown.js' */

const TAGS = /** @type {const} */ ({ strong: 'strong', emphasis: 'em', strike: 's' });

/** @param {string} text @returns {Node[]} */
export function renderMarkdown(text) {
  return readMarkdown(text).map(renderBlock);
}

/** The text as a screen reader should say it: no marks, tables by rows. @param {string} text */
export function plainText(text) {
  const blocks = readMarkdown(text);
  return blocks.map(blockText).filter(Boolean).join('\n');
}

/** @param {Block} block @returns {HTMLElement} */
function renderBlock(block) {
  switch (block.kind) {
    case 'heading': {
      // The page has its own h1 and h2.
      const level = /** @type {'h3' | 'h4' | 'h5' | 'h6'} */ (`h${Math.min(6, block.level + 1 + (block.level === 1 ? 1 : 0))}`);
      return element(level, {}, ...block.content.map(renderInline));
    }
    case 'paragraph': return element('p', {}, ...block.content.map(renderInline));
    case 'code': return element('pre', { tabindex: 0 }, element('code', {}, block.text));
    case 'quote': return element('blockquote', {}, ...block.content.map(renderBlock));
    case 'rule': return element('hr');
    case 'list': {
      const items = block.items.map((item) => element('li', {}, ...renderItem(item)));
      return block.ordered ? element('ol', { start: block.start === 1 ? null : block.start }, ...items) : element('ul', {}, ...items);
    }
    case 'table': return renderTable(block);
  }
}

/** A lone paragraph needs no element of its own in an item. @param {Block[]} item @returns {Node[]} */
function renderItem(item) {
  return item.flatMap((block, place) => (block.kind === 'paragraph' && (item.length === 1 || place === 0) ? block.content.map(renderInline) : [renderBlock(block)]));
}

/** @param {Block & { kind: 'table' }} table */
function renderTable({ alignments, head, rows }) {
  const cell = (/** @type {'th' | 'td'} */ tag, /** @type {Inline[]} */ content, /** @type {number} */ place) =>
    element(tag, { class: alignments[place] ? `align-${alignments[place]}` : null, scope: tag === 'th' ? 'col' : null }, ...content.map(renderInline));
  const table = element('table', {},
    element('thead', {}, element('tr', {}, ...head.map((content, place) => cell('th', content, place)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((content, place) => cell('td', content, place))))));
  const label = head.map(inlinesText).filter(Boolean).join(', ');
  return element('div', { class: 'table', tabindex: 0, role: 'group', 'aria-label': `Table: ${label}` }, table);
}

/** @param {Inline} inline @returns {Node} */
function renderInline(inline) {
  if (typeof inline === 'string') return document.createTextNode(inline);
  switch (inline.kind) {
    case 'code': return element('code', {}, inline.text);
    case 'break': return element('br');
    case 'link': return element('a', { href: inline.href, rel: 'noopener noreferrer', target: '_blank' }, ...inline.content.map(renderInline));
    default: return element(TAGS[inline.kind], {}, ...inline.content.map(renderInline));
  }
}

/** @param {Inline[]} inlines @returns {string} */
function inlinesText(inlines) {
  return inlines.map((inline) => {
    if (typeof inline === 'string') return inline;
    if (inline.kind === 'code') return inline.text;
    return inline.kind === 'break' ? ' ' : inlinesText(inline.content);
  }).join('');
}

/** @param {Block} block @returns {string} */
function blockText(block) {
  switch (block.kind) {
    case 'heading':
    case 'paragraph': return inlinesText(block.content);
    case 'code': return block.text;
    case 'quote': return block.content.map(blockText).join(' ');
    case 'list': return block.items.map((item) => item.map(blockText).join(' ')).join('\n');
    case 'table': return block.rows.map((row) => row.map(inlinesText).filter(Boolean).join(', ')).join('\n');
    case 'rule': return '';
  }
}
