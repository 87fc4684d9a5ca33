// What the driver tells whoever owns it. A type only: there is nothing to run.

/** @import { Ending } from './ending.js' */
/** @import { GateFrame, NumberedFrame, ReadyFrame } from './frame.js' */
/** @import { Link } from './link.js' */
/** @import { Loss } from './session.js' */

/**
 * @typedef {object} DriverHost what the driver tells
 * @property {(link: Link) => void} changed a link entered states, or became the one that counts
 * @property {(link: Link, frame: GateFrame) => void} gate
 * @property {(link: Link) => void} stripped the server did not see all credentials that were sent
 * @property {(link: Link, frame: ReadyFrame, loss: Loss | null) => void} attached
 * @property {(link: Link, frame: NumberedFrame) => void} arrived the next number
 * @property {() => void} save the position has changed
 * @property {(link: Link, ending: Ending, retryIn: number | null, final: boolean) => void} ended `retryIn` is `null` if no reconnect follows from this
 * @property {(ending: Ending) => void} finished nothing follows
 */

export {};
