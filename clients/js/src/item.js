// What arrived, as the application is given it: one item for each numbered frame, and for a session that is lost or was gone on with elsewhere.

/** @import { NumberedFrame } from './frame.js' */
/** @import { Loss } from './losses.js' */
/** @import { Session } from './session.js' */

/** @typedef {object} Message
 * @property {unknown} payload
 * @property {boolean} provisional shown at once, final only when `end` tells so; `void` withdraws it
 * @property {number | null} re which of this client's messages it answers, by number; `null` for a message nobody asked for
 * @property {string | null} id the id of the message it answers, if this client still knows it
 * @property {number | null} try which attempt of the turn wrote it
 * @property {number} sequence the server's number
 * @property {string} session the session of that number
 */
/** @typedef {{ re: number, try: number, id: string | null, stopped: boolean }} End what was provisional for this `re` and `try` is final */
/** @typedef {{ re: number, try: number, id: string | null, cause: 'try_failed' | 'session_lost' }} Withdrawal what was provisional for this `re` and `try` is withdrawn */
/** @typedef {{ re: number, id: string | null, cause: string, status: string | null }} Nack */
/** @typedef {{ missed: number }} Gap so many messages, which nobody asked for, did not fit at the server and will not come */
/** @typedef {{ session: string | null, from: number, to: number }} Adopted another page of this tab went on with the session: the server's messages above `from`, up to `to`, were handled there */

/**
 * @typedef {({ type: 'message' } & Message) | ({ type: 'end' } & End) | ({ type: 'void' } & Withdrawal) | ({ type: 'nack' } & Nack) | ({ type: 'gap' } & Gap)
 *   | ({ type: 'lost' } & Loss) | ({ type: 'adopted' } & Adopted)} ReceivedItem what the iterator yields, told apart by `type`
 */

/**
 * @typedef {{ type: 'message', detail: Message } | { type: 'end', detail: End } | { type: 'void', detail: Withdrawal } | { type: 'nack', detail: Nack } | { type: 'gap', detail: Gap }
 *   | { type: 'lost', detail: Loss } | { type: 'adopted', detail: Adopted } | { type: 'unknown', detail: null } | { type: 'finish', detail: Error | null }} ItemContent
 * `unknown`: a numbered frame of a newer server; `finish`: nothing follows
 */
/** @typedef {{ part: ReceivedItem, settled: Promise<unknown> | null }[]} Parts what listeners were given, and when they are through */
/** @typedef {ItemContent & { epoch: number, session: string | null, s: number | null, re: number | null, parts?: Parts }} Item `epoch` counts sessions: an old one's numbers mean nothing in a new one; `session` is that one's name; `parts`: listeners have it */

/** @param {NumberedFrame} frame @param {Session} session @returns {Item} */
export function itemOf(frame, { id: session, epoch, outbox }) {
  const { s } = frame;
  if (frame.t === 'unknown') return { type: 'unknown', detail: null, epoch, session, s, re: null };
  if (frame.t === 'gap') return { type: 'gap', detail: { missed: frame.missed }, epoch, session, s, re: null };
  const { re } = frame;
  const id = re === null ? null : outbox.at(re)?.id ?? null;
  const place = { epoch, session, s, re };
  switch (frame.t) {
    case 'data': return { ...place, type: 'message', detail: { payload: frame.b, provisional: frame.p, re, id, try: frame.try, sequence: s, session: session ?? '' } };
    case 'nack': return { ...place, type: 'nack', detail: { re: frame.re, id, cause: frame.cause, status: frame.status } };
    case 'end': return { ...place, type: 'end', detail: { re: frame.re, try: frame.try, id, stopped: frame.stopped } };
    default: return { ...place, type: 'void', detail: { re: frame.re, try: frame.try, id, cause: 'try_failed' } };
  }
}

/** What the application is given of it. The tries that a lost session left open will never end: they are withdrawn with it. @param {Item} item @param {Session} session @returns {ReceivedItem[]} */
export function partsOf(item, { inbox }) {
  const part = /** @type {ReceivedItem} */ ({ type: item.type, ...item.detail });
  if (item.type !== 'lost') return [part];
  return [...inbox.openOf(item.detail.session).map((attempt) => /** @type {const} */ ({ type: 'void', ...attempt, cause: 'session_lost' })), part];
}
