// What a client sends (spec/wire.md §3–§6). Each function gives the text of one WebSocket message.

import { utf8Length } from './frame.js';

/** @typedef {{ session: string, attempt: number, received: number, proof?: string | undefined }} ResumeRequest */
/** @typedef {{ connection: string, code: number, cause?: string | undefined, silence?: number | undefined }} SeenClose how a connection ended; `silence`: for how many milliseconds nothing had been heard */
/** @typedef {{ client: string, instance: string, can?: readonly string[] | undefined, sent: string[], auth?: { token: string } | { ticket: string } | undefined, resume?: ResumeRequest | undefined, saw?: SeenClose[] | undefined, traceparent?: string | undefined }} Hello */

/** @param {Hello} hello */
export const writeHello = ({ client, instance, can, sent, auth, resume, saw, traceparent }) => JSON.stringify({ t: 'hello', v: 1, client, instance, can, sent, auth, resume, saw, traceparent });

/**
 * The payload's text is passed through as it is: a repeat has to be equal byte for byte.
 * @param {number} s
 * @param {string} id
 * @param {string} b the payload's JSON
 * @param {number | null} [a] an acknowledgement that rides along
 * @param {string | null} [traceparent]
 */
export const writeData = (s, id, b, a = null, traceparent = null) =>
  `{"t":"data","s":${s},"id":${JSON.stringify(id)}${a === null ? '' : `,"a":${a}`}${traceparent ? `,"traceparent":"${traceparent}"` : ''},"b":${b}}`;

/**
 * As `writeData`, within a limit: a message that fits only without its trace goes without it.
 * @param {number} most
 * @param {number} s
 * @param {{ id: string, b: string, traceparent?: string | undefined }} message
 * @param {number | null} a
 * @returns {string | null} nothing if it does not fit
 */
export function writeDataWithin(most, s, { id, b, traceparent }, a) {
  const text = writeData(s, id, b, a, traceparent);
  if (utf8Length(text) <= most) return text;
  const bare = writeData(s, id, b, a);
  return utf8Length(bare) <= most ? bare : null;
}

/** @param {number} a */
export const writeAck = (a) => `{"t":"ack","a":${a}}`;

/** @param {number} s */
export const writeStop = (s) => `{"t":"stop","s":${s}}`;

/** @param {string} token */
export const writeRefresh = (token) => JSON.stringify({ t: 'refresh', token });

export const writeBye = () => '{"t":"bye"}';

export const writePong = () => '{"t":"pong"}';
