// What the feed of the live view says: Live/LiveLook.cs and Live/LiveSeen.cs. Durations are in milliseconds.

/** @import { ConnectionStateName } from '/client/connectionState.js' */

/**
 * @typedef {object} Look what the page wants to see
 * @property {'connections' | 'sessions'} list
 * @property {string | null} state a state, `ENDED`, or for sessions `ATTACHED` or `DETACHED`
 * @property {string | null} user a part of a name or an id
 * @property {string | null} cause
 * @property {number} minimumAge in seconds
 * @property {boolean} oldestFirst
 * @property {number} from
 * @property {number} count
 * @property {string | null} selected a connection's id
 */

/** @typedef {{ id: string, number: number, user: string | null, state: ConnectionStateName, age: number, inState: number, endpoint: string, address: string | null, cause: string | null, code: number | null }} ConnectionRow */
/** @typedef {{ tag: string, number: number, user: string, endpoint: string, connection: string | null, detached: number | null, isBusy: boolean, stored: number, done: number, appended: number, acked: number }} SessionRow */
/** @typedef {{ stored: number, done: number, appended: number, acked: number }} Positions */
/** @typedef {{ at: number, event: string, from: ConnectionStateName, to: ConnectionStateName, refused: string | null, cause: string | null, count: number }} Entry `at` counts from the connection's start */

/**
 * @typedef {object} Detail
 * @property {ConnectionRow} connection
 * @property {string | null} issuer
 * @property {string | null} subject
 * @property {string | null} client
 * @property {string | null} session its tag
 * @property {boolean | null} isResumed
 * @property {number | null} attempt
 * @property {Positions | null} positions
 * @property {string[]} gatesDown
 * @property {string | null} summary
 * @property {Entry[]} record
 */

/**
 * @typedef {object} Seen
 * @property {'seen'} type
 * @property {boolean} isDraining
 * @property {Partial<Record<ConnectionStateName, number>>} states
 * @property {number} opened
 * @property {number} closed
 * @property {{ every: number, numbers: number[], states: string }} dots
 * @property {'connections' | 'sessions'} list
 * @property {number} matched
 * @property {number} from
 * @property {(ConnectionRow | SessionRow)[]} rows
 * @property {Detail | null} selected
 * @property {{ attached: number, detached: number } | null} sessions
 * @property {{ name: string, required: boolean, state: 'waiting' | 'open' | 'degraded' | 'failed', retryAfter: number | null }[]} gates
 * @property {{ name: string, state: string }[]} breakers
 * @property {{ cause: string, code: number, fault: 'nobody' | 'client' | 'server' | 'network', count: number, latest: number }[]} causes
 */

/** The states by their place, as `dots.states` has them. @type {readonly ConnectionStateName[]} */
export const STATES = Object.freeze(['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY', 'DEGRADED', 'DRAINING', 'CLOSING', 'CLOSED', 'FAILED']);

/** Those of a connection that has not ended. */
export const LIVE_STATES = Object.freeze(STATES.slice(0, 8));
