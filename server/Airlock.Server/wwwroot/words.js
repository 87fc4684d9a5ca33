// What states and causes mean to a person, and what to do about them.

import { SERVER_REASONS } from '/client/index.js';

/** @import { ClientState, LastClose } from '/client/clientState.js' */
/** @import { ConnectionStateName } from '/client/connectionState.js' */

/** The way to ready, in order. @type {readonly ConnectionStateName[]} */
export const SETUP = Object.freeze(['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY']);

/** What is waited for in a state. @type {Readonly<Record<ConnectionStateName, string>>} */
export const MEANING = Object.freeze({
  CONNECTING: 'Opening the socket',
  ACCEPTED: 'Checking who you are',
  AUTHENTICATED: 'Waiting for the services behind',
  SERVICES_READY: 'Attaching your session',
  PROCESSING_READY: 'Messages are handled',
  DEGRADED: 'Works, but a service is down',
  DRAINING: 'The server moves everyone elsewhere',
  CLOSING: 'Closing',
  CLOSED: 'Closed',
  FAILED: 'Lost',
});

/** @typedef {'idle' | 'busy' | 'good' | 'warn' | 'bad'} Tone */
/** @typedef {{ tone: Tone, text: string }} Status */

/**
 * One line for the status that is always visible.
 * @param {ClientState} state
 * @param {{ online: boolean, now: number, isAnswering: boolean, condition: 'working' | 'cut' | 'stalled', until: number }} surroundings
 * @returns {Status}
 */
export function statusOf(state, { online, now, isAnswering, condition, until }) {
  if (state.final) return { tone: 'bad', text: 'Not connected' };
  if (condition === 'stalled') return { tone: 'warn', text: `Stalled for ${seconds(until - now)}` };
  if (condition === 'cut') return { tone: 'warn', text: `Cut; back in ${seconds(until - now)}` };
  if (!online && !isLive(state.name)) return { tone: 'bad', text: 'Offline: your messages wait here' };
  switch (state.name) {
    case 'CONNECTING': return { tone: 'busy', text: state.link > 1 ? 'Reconnecting…' : 'Connecting…' };
    case 'ACCEPTED': return { tone: 'busy', text: 'Checking who you are…' };
    case 'AUTHENTICATED': {
      const waiting = state.gates.filter((gate) => gate.required && gate.state !== 'open' && gate.state !== 'degraded').map(({ name }) => name);
      return { tone: 'busy', text: waiting.length > 0 ? `Waiting for ${waiting.join(', ')}…` : 'Waiting for services…' };
    }
    case 'SERVICES_READY': return { tone: 'busy', text: 'Attaching your session…' };
    case 'PROCESSING_READY': return { tone: 'good', text: isAnswering ? 'Answering…' : 'Ready' };
    case 'DEGRADED': return { tone: 'warn', text: `Ready, but ${state.gates.filter((gate) => gate.state !== 'open').map(({ name }) => name).join(', ') || 'a service'} is down` };
    case 'DRAINING': return { tone: 'warn', text: 'Moving to another server…' };
    case 'CLOSING': return { tone: 'warn', text: 'Closing…' };
    default: {
      const wait = Math.ceil(((state.lastClose?.retryAt ?? now) - now) / 1000);
      // Short enough for a phone, where the number must not be cut off.
      const what = state.lastClose?.cause === 'transport_lost' ? 'Lost' : 'Closed';
      return { tone: 'warn', text: wait > 1 ? `${what}; again in ${wait} s` : `${what}; reconnecting…` };
    }
  }
}

/** @param {ConnectionStateName} name */
export const isLive = (name) => name === 'PROCESSING_READY' || name === 'DEGRADED' || name === 'DRAINING';

/** @typedef {{ title: string, text: string, button: string, action: 'anew' | 'sign-in' }} Ending */

const ELSEWHERE = 'This tab was duplicated, and only one of the two can hold the session. Nothing is lost: every answer is in the history.';

/** @type {Readonly<Record<string, Omit<Ending, 'button' | 'action'> & Partial<Ending>>>} */
const ENDINGS = Object.freeze({
  superseded: { title: 'Opened elsewhere', text: ELSEWHERE, button: 'Use it here' },
  stale_attempt: { title: 'Opened elsewhere', text: ELSEWHERE, button: 'Use it here' },
  credentials_missing: { title: 'The server saw no sign-in', text: 'Something on the way may have removed it. Sign in again.', action: 'sign-in' },
  credentials_malformed: { title: 'The token could not be read', text: 'Sign in again.', action: 'sign-in' },
  token_expired: { title: 'Your sign-in has expired', text: 'Sign in again; what you asked is kept.', action: 'sign-in' },
  token_invalid: { title: 'The token is not accepted here', text: 'It has another issuer, audience or key. Sign in again.', action: 'sign-in' },
  forbidden: { title: 'You may not use this chat', text: 'Sign in as someone who may.', action: 'sign-in' },
  principal_changed: { title: 'Another user has signed in', text: 'Sign in again to go on.', action: 'sign-in' },
  origin_refused: { title: 'This address is not allowed', text: 'Open the page at the address of its server, or add this origin to the server’s AllowedOrigins.' },
});

/** What to tell when the client has stopped for good. @param {string} cause @returns {Ending} */
export function endingOf(cause) {
  const known = ENDINGS[cause];
  const action = known?.action ?? 'anew';
  return {
    title: known?.title ?? 'The connection ended',
    text: known?.text ?? `${causeText(cause)} Connect again; if it keeps happening, look for the connection’s id in the server’s log.`,
    button: known?.button ?? (action === 'sign-in' ? 'Sign in again' : 'Connect again'),
    action,
  };
}

/** A sentence for a cause of the catalogue, or of the client itself. @param {string} cause @returns {string} */
export function causeText(cause) {
  return CLIENT_CAUSES[cause] ?? SERVER_REASONS.find((reason) => reason.cause === cause)?.summary ?? `The connection ended: ${cause}.`;
}

/** @type {Readonly<Record<string, string>>} */
const CLIENT_CAUSES = Object.freeze({
  client_closed: 'This page closed the connection.',
  client_replaced: 'The next connection took over.',
  server_violation: 'The server said something that the protocol does not allow.',
  server_silent: 'Nothing was heard from the server for too long.',
  credentials_unavailable: 'No token could be had: the server is not reached, or refuses to give one.',
  connection_refused: 'A WebSocket could not be made.',
});

/** @param {Readonly<LastClose>} close @param {number} now */
export function retryText(close, now) {
  if (close.final) return 'No further attempt.';
  if (close.retryAt === null) return '';
  const wait = close.retryAt - now;
  return wait > 0 ? `Next attempt in ${duration(wait)}.` : '';
}

/** @param {number} milliseconds */
const seconds = (milliseconds) => `${Math.max(1, Math.ceil(milliseconds / 1_000))} s`;

/** @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds < 1) return '<1 ms';
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1_000)} s`;
}
