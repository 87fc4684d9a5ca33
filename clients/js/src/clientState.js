// `client.state`: where the client stands, for a person and a program.

/** @import { ConnectionStateName } from './connectionState.js' */
/** @import { RetryAdvice } from './closeReason.js' */
/** @import { PhaseDeadlines } from './frame.js' */
/** @import { Gate, Link, Phase } from './link.js' */
/** @import { Session } from './session.js' */

/** @typedef {{ code: number, cause: string, message: string, retry: RetryAdvice, retryAt: number | null, final: boolean }} LastClose how a connection ended; `retryAt` while the next is waited for; `final` if none follows */

/**
 * @typedef {object} ClientState
 * @property {ConnectionStateName} name
 * @property {number | null} since when it was entered, milliseconds since 1970; `null` before the first connection
 * @property {boolean} final the client has stopped: nothing follows
 * @property {string | null} connection the server's id of the connection, as in its logs
 * @property {number} link which of this client's connections, counted from 1
 * @property {number} attempt as counted for the session; 0 before its first `ready`
 * @property {string | null} user
 * @property {boolean | null} resumed whether the session was resumed; `null` before `ready`
 * @property {number | null} generation
 * @property {{ connection: string, code: number, cause: string, explanation?: string } | null} previous how the session's last connection ended, by the server's account; `explanation`: what that and what this client saw come to
 * @property {number} replayTo server messages up to this number are replay
 * @property {readonly Gate[]} gates
 * @property {PhaseDeadlines | null} deadlines how long each phase may take
 * @property {readonly Phase[]} phases of this connection, with how long each lasted
 * @property {readonly string[]} stripped credentials that were sent and that the server did not see
 * @property {number | null} expires when the credentials expire, by the server's clock
 * @property {number} pending how many messages are not finished
 * @property {Readonly<LastClose> | null} lastClose
 */

/**
 * @param {Link | null} link
 * @param {ConnectionStateName | null} name
 * @param {Session} session
 * @param {LastClose | null} lastClose
 * @param {boolean} final
 * @returns {ClientState}
 */
export function describeState(link, name, session, lastClose, final) {
  const phases = link?.phases.map((phase) => Object.freeze({ ...phase })) ?? [];
  return Object.freeze({
    name: name ?? 'CONNECTING',
    since: phases.at(-1)?.at ?? null,
    final,
    connection: link?.open?.connection ?? null,
    link: link?.number ?? 0,
    attempt: session.attempt,
    user: link?.authed?.user ?? null,
    resumed: link?.ready ? link.ready.resume === 'resumed' : null,
    generation: link?.ready?.generation ?? null,
    previous: link?.ready?.previous ?? null,
    replayTo: link?.ready?.replayTo ?? 0,
    gates: Object.freeze([...(link?.gates.values() ?? [])]),
    deadlines: link?.open?.deadlines ?? null,
    phases: Object.freeze(phases),
    stripped: Object.freeze([...(link?.stripped ?? [])]),
    expires: link?.authed?.expires ?? null,
    pending: session.outbox.length,
    lastClose: lastClose && Object.freeze(lastClose),
  });
}
