// Who goes on where another client has written a newer position (spec/client.md, Position). Pure.

/** @import { Found } from './effect.js' */
/** @import { Link } from './link.js' */
/** @import { Session } from './session.js' */

/**
 * @param {Found} found
 * @param {Session} session this client's
 * @param {Link | null} link the connection that counts
 * @param {boolean} isAway whether the page was put away
 * @returns {'adopt' | 'go on' | 'yield'} this client takes what was found; it goes on with its own session, and keeps nothing; it begins one, and leaves what was kept to the other
 */
export function takeoverOf(found, session, link, isAway) {
  // What was asked for is under way: the server's answer tells whose the session is, and a new one is this client's own.
  const isBusy = link?.live && (link.resume !== null || link.attached);
  const isLeft = session.wasAttached && !(link?.live && link.open) && (session.isSameAs(found.position) || session.outbox.messages.some(({ kept }) => kept));
  // Of the clients of a page that comes back only the one that owned the position when it was put away goes on from it.
  if (isAway ? found.wasOwner : isLeft) return 'adopt';
  // Clients began together with what another has left: it is the last one's. With a session of its own this one's numbers stand.
  return isBusy || (session.id !== null && session.wasAttached) ? 'go on' : 'yield';
}
