// What the driver hands on to whoever owns it. A type only: there is nothing to run.

/** @import { Found, TellEffect } from './effect.js' */
/** @import { StoredPosition } from './position.js' */

/**
 * @typedef {object} DriverHost
 * @property {(effect: TellEffect) => void} tell what the application is to learn
 * @property {() => void} save the position has changed
 * @property {() => void} letGo the position is another client's
 * @property {() => StoredPosition | null} putAway the page is put away: another client's newer position, as whose it is, is looked at now
 * @property {(found: Found) => void} take the position that was found is this client's from now on
 * @property {() => Found | null} newer another client's position, where it is newer than this one's
 * @property {() => boolean} isRemoved this client's position was there, and was gone
 */

export {};
