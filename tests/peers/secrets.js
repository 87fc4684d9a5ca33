// What nobody may read in a log: tokens, tickets, cookies, and the ids that sessions are resumed by. A process has one server or several; what was secret of
// one must not be in the log of another either.

import assert from 'node:assert/strict';

/** Everything secret that this process was given. @type {Set<string>} */
export const secrets = new Set();

/** @param {unknown} secret what was given, if anything */
export function keepSecret(secret) {
  if (typeof secret !== 'string' || secret === '') return;
  assert.ok(secret.length >= 16, `nobody could tell ${secret} in a log`);
  secrets.add(secret);
}

/** Keeps the value of a Set-Cookie header. @param {string | null | undefined} header */
export function keepCookie(header) {
  keepSecret(header?.split(';')[0]?.split('=').slice(1).join('='));
}

/** Keeps what a message of the server gives away: the session's id. @param {string} text */
export function keepSecretsOf(text) {
  for (const frame of [JSON.parse(text)].flat()) if (frame?.t === 'ready') keepSecret(frame.session);
}

/** @param {string} log everything a server printed, at level Trace */
export function assertKeepsSecrets(log) {
  assert.match(log, /^dbug: Microsoft\.Extensions\.Hosting/m, 'the server logs all it has');
  if (/\/auth\/token - 200\b/.test(log)) assert.ok(secrets.size > 0, 'the tokens that were given out are known here');
  const logged = [...secrets].find((secret) => log.includes(secret));
  if (!logged) return;
  // The line and the one before it, which says whose it is; what is secret is not printed here either.
  const at = log.indexOf(logged);
  const from = log.lastIndexOf('\n', log.lastIndexOf('\n', at) - 1) + 1;
  const line = log.slice(from, log.indexOf('\n', at));
  assert.fail(`The server logged a secret: ${[...secrets].reduce((text, secret) => text.replaceAll(secret, '…'), line)}`);
}
