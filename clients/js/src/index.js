// Airlock's client for browsers and Node. One import: import { AirlockClient } from './index.js'.

export { AirlockClient } from './client.js';
export { AirlockClosed } from './airlockClosed.js';
export { AirlockEvent } from './airlockEvent.js';
export { MessageRefused } from './messageRefused.js';
export { Receipt } from './receipt.js';
export { ConnectionState } from './connectionState.js';
export { CLIENT_REASONS, SERVER_REASONS, adviceFor } from './closeReason.js';

// The types that an application may have to name.

/** @typedef {import('./clientOptions.js').AirlockClientOptions} AirlockClientOptions */
/** @typedef {import('./clientOptions.js').AirlockEvents} AirlockEvents */
/** @typedef {import('./clientOptions.js').SendOptions} SendOptions */
/** @typedef {import('./clientState.js').ClientState} ClientState */
/** @typedef {import('./connectionState.js').ConnectionStateName} ConnectionStateName */
/** @typedef {import('./credentials.js').CredentialsRequest} CredentialsRequest */
/** @typedef {import('./item.js').Message} Message */
/** @typedef {import('./item.js').ReceivedItem} ReceivedItem */
/** @typedef {import('./position.js').PositionStorage} PositionStorage */
