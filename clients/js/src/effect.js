// What ClientCore is given, and what it orders its driver to do after each step. Types only: there is nothing to run.

/** @import { Ending } from './ending.js' */
/** @import { GateFrame, NumberedFrame, ReadyFrame } from './frame.js' */
/** @import { Entry, Link } from './link.js' */
/** @import { OutboxMessage, StoredMessage } from './outbox.js' */
/** @import { StoredPosition } from './position.js' */
/** @import { Loss } from './losses.js' */

/**
 * @typedef {{ do: 'ask', link: Link, reason: 'connect' | 'expired' }
 *   | { do: 'connect', link: Link }
 *   | { do: 'write', link: Link, text: string }
 *   | { do: 'close', link: Link, code: number, cause: string }
 *   | { do: 'gone', link: Link }
 *   | { do: 'token', link: Link, asked: number }} WireEffect
 * `ask`: get credentials, answer with `offered` or `ended`; `gone`: it was told that it closes, and its close does not come: answer with `ended`; `connect`: make the WebSocket; `token`: get one for a refresh, answer with `refreshed`
 */

/** @typedef {{ do: 'take' } | { do: 'letGo' } | { do: 'save' }} PositionEffect the position that was found is this client's from now on; is somebody else's; has changed */

/**
 * @typedef {{ do: 'changed', link: Link, entered: Entry[], isShown: boolean }
 *   | { do: 'gate', link: Link, frame: GateFrame }
 *   | { do: 'stripped', link: Link }
 *   | { do: 'attached', link: Link, frame: ReadyFrame, loss: Loss | null }
 *   | { do: 'arrived', link: Link, frame: NumberedFrame }
 *   | { do: 'adopted', session: string | null, from: number, to: number, unknown: OutboxMessage[], epoch: number }
 *   | { do: 'yielded', messages: OutboxMessage[] }
 *   | { do: 'ended', link: Link, entered: Entry[], ending: Ending, retryIn: number | null, final: boolean }
 *   | { do: 'finished', ending: Ending }} TellEffect
 * what the application is told. `adopted`: `epoch` is that of the session which was left for the one found; `retryIn` is `null` if no reconnect follows from this
 */

/** @typedef {WireEffect | PositionEffect | TellEffect} Effect */

/** @typedef {{ position: StoredPosition, wasOwner: boolean, inHand: number }} Found another client's position, whether this client owned what lay there until now, and the number that the application is handling */
/**
 * @typedef {object} CoreOptions
 * @property {string} clientName
 * @property {number} connectTimeout milliseconds
 * @property {boolean} canAsk whether there are other credentials to ask for
 * @property {boolean} canRefresh
 * @property {boolean} isKept whether the position lies in a storage
 * @property {() => number} random from 0 to 1
 * @property {() => number} wall the time that phases tell
 * @property {() => string | undefined} traceparent
 * @property {(message: StoredMessage) => OutboxMessage} revive
 */

export {};
