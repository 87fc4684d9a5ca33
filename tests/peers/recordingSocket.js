import { WebSocket } from 'ws';
import { keepSecretsOf } from './secrets.js';

/** A WebSocket of the package ws which keeps the secrets that come through it. */
export class RecordingSocket extends WebSocket {
  /** @param {string} url @param {string[]} [protocols] @param {import('ws').ClientOptions} [request] */
  constructor(url, protocols, request) {
    super(url, protocols, request);
    this.on('message', (data, isBinary) => { if (!isBinary) keepSecretsOf(String(data)); });
  }
}
