// How a connection and a session look in the list.

import { element, setAttribute, setText } from '../element.js';
import { duration } from '../words.js';

/** @import { ConnectionRow, SessionRow } from './seen.js' */
/** @import { RowKind } from './rowList.js' */

/** A duration, as coarse as it is long. @param {number} milliseconds */
export function span(milliseconds) {
  if (milliseconds < 60_000) return milliseconds < 1_000 ? duration(milliseconds) : `${Math.floor(milliseconds / 1_000)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
}

/** @param {...string} names */
const cells = (...names) => names.map((name) => element('span', { class: name }));

/** @param {HTMLElement} target @param {Record<string, string>} texts by the class of the cell */
function write(target, texts) {
  for (const [name, text] of Object.entries(texts)) {
    const cell = target.querySelector(`.${name}`);
    if (cell) setText(cell, text);
  }
}

/** @type {RowKind<ConnectionRow>} */
export const CONNECTIONS = {
  key: ({ id }) => id,
  make: () => element('div', { class: 'row' }, ...cells('row-state', 'row-user', 'row-id', 'row-age', 'row-where', 'row-why')),
  fill(target, row) {
    setAttribute(target, 'data-state', row?.state);
    if (!row) return write(target, { 'row-state': '', 'row-user': '…', 'row-id': '', 'row-age': '', 'row-where': '', 'row-why': '' });
    const isOver = row.state === 'CLOSED' || row.state === 'FAILED';
    write(target, {
      'row-state': row.state,
      'row-user': row.user ?? 'not known yet',
      'row-id': row.id,
      'row-age': isOver ? `ended ${span(row.inState)} ago, lasted ${span(row.age)}` : row.age - row.inState < 1_000 ? span(row.age) : `${span(row.age)}, ${span(row.inState)} in state`,
      'row-where': `${row.endpoint}${row.address ? ` · ${row.address}` : ''}`,
      'row-why': row.cause ?? '',
    });
  },
};

/** @type {RowKind<SessionRow>} */
export const SESSIONS = {
  key: ({ tag }) => tag,
  make: () => element('div', { class: 'row row-session' }, ...cells('row-state', 'row-user', 'row-id', 'row-up', 'row-down', 'row-where')),
  fill(target, row) {
    setAttribute(target, 'data-state', row ? (row.detached === null ? 'ATTACHED' : 'DETACHED') : null);
    if (!row) return write(target, { 'row-state': '', 'row-user': '…', 'row-id': '', 'row-up': '', 'row-down': '', 'row-where': '' });
    write(target, {
      'row-state': row.detached === null ? (row.isBusy ? 'ATTACHED, BUSY' : 'ATTACHED') : `AWAY ${span(row.detached)}`,
      'row-user': row.user,
      'row-id': row.tag,
      'row-up': `↑ ${row.done} of ${row.stored} done`,
      'row-down': `↓ ${row.acked} of ${row.appended} acked`,
      'row-where': row.endpoint,
    });
  },
};
