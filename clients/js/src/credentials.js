// How this client proves who it is (spec/wire.md §8): which carrier the credentials take, and which remain when one is stripped on the way.

/** @typedef {'subprotocol' | 'hello' | 'none'} AuthIn */
/** @typedef {{ reason: 'connect' | 'refresh' | 'expired' }} CredentialsRequest `expired`: the server has found what it was given last expired, so a kept one is of no use */
/** @typedef {string | null | undefined} Credential */
/** @typedef {(request: CredentialsRequest) => Credential | Promise<Credential>} CredentialSource */
/** @typedef {{ protocols: string[], sent: string[], auth: (carriers: string[]) => { token: string } | { ticket: string } | undefined }} Offer what one connection carries */

import { CARRIERS_MAX, isName, isSecret } from './wireText.js';

export const PROTOCOL = 'airlock.v1';
const TOKEN_PREFIX = 'airlock.token.';
/** What may stand in a sub-protocol (RFC 9110 token). Every JWT does. */
const PROTOCOL_VALUE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export class Credentials {
  #token;
  #ticket;
  #authIn;
  #alsoSent;

  /** @param {{ token?: CredentialSource | undefined, ticket?: CredentialSource | undefined, authIn?: AuthIn | undefined, alsoSent?: readonly string[] | undefined }} options */
  constructor({ token, ticket, authIn = token || ticket ? (token ? 'subprotocol' : 'hello') : 'none', alsoSent = [] }) {
    for (const source of [token, ticket]) {
      if (source !== undefined && source !== null && typeof source !== 'function') throw new TypeError('token and ticket are functions: each connection asks for a fresh one.');
    }
    if (token && ticket) throw new TypeError('Give a token or a ticket, not both.');
    if (!['subprotocol', 'hello', 'none'].includes(authIn)) throw new TypeError('authIn is subprotocol, hello or none.');
    if (ticket && authIn === 'subprotocol') throw new TypeError('A ticket travels in hello.');
    if (!Array.isArray(alsoSent)) throw new TypeError('alsoSent is an array of names.');
    if (alsoSent.length + (authIn === 'subprotocol' ? 1 : 0) > CARRIERS_MAX || !alsoSent.every(isName)) throw new RangeError('alsoSent names at most 16 carriers with the token\'s, each with 1 to 128 characters and no control character.');
    this.#token = token ?? undefined;
    this.#ticket = ticket ?? undefined;
    this.#authIn = authIn;
    this.#alsoSent = alsoSent;
  }

  /** Whether new credentials can be given to a connection that is open. */
  get canRefresh() {
    return this.#token !== undefined && this.#authIn !== 'none';
  }

  /** Whether the application can be asked for others. */
  get canAsk() {
    return (this.#token ?? this.#ticket) !== undefined && this.#authIn !== 'none';
  }

  /** Fresh credentials for one connection. @param {'connect' | 'expired'} reason @returns {Promise<Offer>} */
  async offer(reason) {
    const sent = [...this.#alsoSent];
    if (this.#authIn === 'none') return { protocols: [PROTOCOL], sent, auth: () => undefined };
    if (this.#ticket) {
      const ticket = checked(await this.#ticket({ reason }));
      return { protocols: [PROTOCOL], sent, auth: () => (ticket ? { ticket } : undefined) };
    }
    const token = checked(await this.#token?.({ reason }));
    if (!token) return { protocols: [PROTOCOL], sent, auth: () => undefined };
    if (this.#authIn === 'subprotocol' && PROTOCOL_VALUE.test(token)) {
      return {
        protocols: [PROTOCOL, TOKEN_PREFIX + token],
        sent: [...sent, 'subprotocol'],
        // Stripped on the way: the first frame carries it instead.
        auth: (carriers) => (carriers.includes('subprotocol') ? undefined : { token }),
      };
    }
    return { protocols: [PROTOCOL], sent, auth: () => ({ token }) };
  }

  /** @returns {Promise<Credential>} */
  async refreshed() {
    return checked(await this.#token?.({ reason: 'refresh' }));
  }
}

/** @param {Credential} secret @returns {Credential} @throws {RangeError} for what no server reads */
function checked(secret) {
  if (secret !== null && secret !== undefined && typeof secret !== 'string') throw new TypeError('A token or ticket is a string.');
  if (secret && !isSecret(secret)) throw new RangeError('A token or ticket has at most 16,384 characters and no control character.');
  return secret;
}
