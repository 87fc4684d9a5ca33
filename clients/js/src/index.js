// Airlock's client for browsers and Node. One import: import { AirlockClient } from './index.js'.

export { AirlockClient } from './client.js';
export { AirlockClosed } from './airlockClosed.js';
export { AirlockEvent } from './airlockEvent.js';
export { MessageRefused } from './messageRefused.js';
export { Receipt } from './receipt.js';
export { ConnectionState } from './connectionState.js';
export { CLIENT_REASONS, SERVER_REASONS, adviceFor } from './closeReason.js';
