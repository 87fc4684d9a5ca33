// What holds of a client's core after each of its steps, whatever a server, a network or a page does. Whoever imports this has it looked at in every step, and asks `takeBroken` at the end.

import { ClientCore } from '../src/clientCore.js';
import { utf8Length } from '../src/frame.js';

/** @import { Session } from '../src/session.js' */

/** What did not hold in the test that runs now; only the first, for the rest follows from it. @type {string[]} */
const broken = [];

/** @param {Session} session @returns {string | null} what does not hold, in words */
export function brokenIn({ attempt, generation, window, bye, outbox, inbox, id, isElsewhere }) {
  const { done, stored, transmitted, written, last, bytes, messages, answered } = outbox;
  const ids = messages.map((message) => message.id);
  const size = messages.reduce((sum, { b }) => sum + utf8Length(b), 0);
  if (![done, stored, transmitted, written].every((number) => Number.isSafeInteger(number) && number >= 0)) return `outbox: done ${done}, stored ${stored}, transmitted ${transmitted}, written ${written}`;
  if (transmitted < done || written < transmitted || transmitted > last) return `outbox: done ${done}, transmitted ${transmitted}, written ${written}, last ${last}`;
  if (bytes !== size) return `outbox: ${bytes} bytes are counted, and there are ${size}`;
  if (new Set(ids).size !== ids.length) return 'outbox: an id is kept twice';
  if (answered.some(({ s }) => s > done)) return 'outbox: a message counts as finished that is not';
  if (inbox.handled < 0 || inbox.arrived < inbox.handled) return `inbox: handled ${inbox.handled}, arrived ${inbox.arrived}`;
  if (attempt < 0 || generation < 0 || window < 1) return `session: attempt ${attempt}, generation ${generation}, window ${window}`;
  if (bye !== null && (bye < 0 || bye > last) && id !== null && !isElsewhere) return `session: it ends behind ${bye} of ${last}`;
  return null;
}

/** @param {ClientCore} core @param {string} step */
function look(core, step) {
  const found = brokenIn(core.session);
  if (found && broken.length === 0) broken.push(`after ${step}: ${found}`);
}

const { prototype } = /** @type {{ prototype: any }} */ (ClientCore);
for (const step of Object.getOwnPropertyNames(prototype)) {
  const { value } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, step));
  if (step === 'constructor' || typeof value !== 'function') continue;
  /** @this {ClientCore} @param {...unknown} given */
  prototype[step] = function stepAndLook(...given) {
    try {
      return value.apply(this, given);
    } finally {
      // A step that throws has to leave it right, too.
      look(this, step);
    }
  };
}

/** What did not hold since it was asked last. Told here, since the product catches what is thrown into it. */
export const takeBroken = () => broken.splice(0);
