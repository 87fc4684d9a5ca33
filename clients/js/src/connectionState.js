// The states of a connection, in the words of spec/lifecycle.md. The client enters each by what it hears:
// CONNECTING at the dial, ACCEPTED by `open`, AUTHENTICATED by `authed`, SERVICES_READY when every required gate is open, PROCESSING_READY by `ready`.

/**
 * @typedef {'CONNECTING' | 'ACCEPTED' | 'AUTHENTICATED' | 'SERVICES_READY' | 'PROCESSING_READY' | 'DEGRADED' | 'DRAINING' | 'CLOSING' | 'CLOSED' | 'FAILED'} ConnectionStateName
 */

/**
 * Every state. CLOSED ended with a close frame, FAILED without one; nothing follows either: the next attempt is a new connection.
 */
export const ConnectionState = Object.freeze(/** @type {const} */ ({
  CONNECTING: 'CONNECTING',
  ACCEPTED: 'ACCEPTED',
  AUTHENTICATED: 'AUTHENTICATED',
  SERVICES_READY: 'SERVICES_READY',
  PROCESSING_READY: 'PROCESSING_READY',
  DEGRADED: 'DEGRADED',
  DRAINING: 'DRAINING',
  CLOSING: 'CLOSING',
  CLOSED: 'CLOSED',
  FAILED: 'FAILED',
}));

/**
 * Which state may follow which. Setup states follow one another without a skip; terminal is terminal.
 * @type {Readonly<Record<ConnectionStateName, readonly ConnectionStateName[]>>}
 */
export const FOLLOWERS = Object.freeze({
  CONNECTING: ['ACCEPTED', 'CLOSED', 'FAILED'],
  ACCEPTED: ['AUTHENTICATED', 'CLOSING', 'CLOSED', 'FAILED'],
  AUTHENTICATED: ['SERVICES_READY', 'CLOSING', 'CLOSED', 'FAILED'],
  SERVICES_READY: ['PROCESSING_READY', 'CLOSING', 'CLOSED', 'FAILED'],
  PROCESSING_READY: ['DEGRADED', 'DRAINING', 'CLOSING', 'CLOSED', 'FAILED'],
  DEGRADED: ['PROCESSING_READY', 'DRAINING', 'CLOSING', 'CLOSED', 'FAILED'],
  DRAINING: ['CLOSING', 'CLOSED', 'FAILED'],
  CLOSING: ['CLOSED', 'FAILED'],
  CLOSED: [],
  FAILED: [],
});
