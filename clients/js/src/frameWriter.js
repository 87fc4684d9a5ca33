// What a client sends (spec/wire.md §3–§6). Each function gives the text of one WebSocket message.

/** @typedef {{ session: string, attempt: number, received: number }} ResumeRequest */
/** @typedef {{ client: string, instance: string, sent: string[], auth?: { token: string } | { ticket: string } | undefined, resume?: ResumeRequest | undefined }} Hello */

/** @param {Hello} hello */
export const writeHello = ({ client, instance, sent, auth, resume }) => JSON.stringify({ t: 'hello', v: 1, client, instance, sent, auth, resume });

/**
 * The payload's text is passed through as it is: a repeat has to be equal byte for byte.
 * @param {number} s
 * @param {string} id
 * @param {string} b the payload's JSON
 * @param {number | null} [a] an acknowledgement that rides along
 */
export const writeData = (s, id, b, a = null) => `{"t":"data","s":${s},"id":${JSON.stringify(id)}${a === null ? '' : `,"a":${a}`},"b":${b}}`;

/** @param {number} a */
export const writeAck = (a) => `{"t":"ack","a":${a}}`;

/** @param {number} s */
export const writeStop = (s) => `{"t":"stop","s":${s}}`;

/** @param {string} token */
export const writeRefresh = (token) => JSON.stringify({ t: 'refresh', token });

export const writeBye = () => '{"t":"bye"}';

export const writePong = () => '{"t":"pong"}';
