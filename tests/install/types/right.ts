// A program that uses what the package declares, under `strict` and without skipLibCheck. Lines that are wrong say so: were they right, that would be an error.

import { AirlockClient, AirlockClosed, MessageRefused, adviceFor } from 'airlock-client';
import type { AirlockClientOptions, AirlockEvents, ClientState, ConnectionStateName, CredentialsRequest, Message, PositionStorage, ReceivedItem, SendOptions } from 'airlock-client';

// An application names what it passes on.
export const kept = new Map<string, ClientState | Message | AirlockEvents['close']>();
export const told: Record<ReceivedItem['type'], number> = { message: 0, end: 0, void: 0, nack: 0, gap: 0, lost: 0, adopted: 0 };
export const shown = (state: ConnectionStateName): string => state.toLowerCase();
export const memory: PositionStorage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
export function connect(options: AirlockClientOptions, how: SendOptions, token: (request: CredentialsRequest) => string): AirlockClient {
  const made = new AirlockClient(new URL('wss://example.org/chat'), { ...options, token, storage: memory });
  made.send(null, how);
  return made;
}

type IsAny<T> = 0 extends 1 & T ? true : false;
/** Takes what has a type, and nothing whose type is `any`. */
function known<T>(value: T & (IsAny<T> extends true ? never : unknown)): T {
  return value;
}

const client = new AirlockClient('wss://example.org/chat', {
  token: async ({ reason }) => (reason === 'expired' ? null : 'a'),
  authIn: 'hello',
  storage: sessionStorage,
  queueMax: 10,
});

client.addEventListener('message', async ({ detail }) => {
  const session: string = known(detail.session);
  const payload: unknown = detail.payload;
  // @ts-expect-error A payload is whatever the server sends: it has to be looked at.
  detail.payload.text;
  return [session, payload];
});
client.addEventListener('state', ({ detail }) => detail.to === 'PROCESSING_READY' && known(detail.state.phases));
client.addEventListener('gap', ({ detail }) => known(detail.missed).toFixed());
client.addEventListener('nack', ({ detail }) => known(detail.cause).toUpperCase());
client.addEventListener('lost', ({ detail: { lost } }) => lost.map(({ direction, from, to }) => [direction, from, to]));
client.addEventListener('close', ({ detail }) => adviceFor(detail.code));
// @ts-expect-error No state has this name.
client.addEventListener('state', ({ detail }) => detail.to === 'READY');
// @ts-expect-error There is no such event.
client.addEventListener('mesage', () => undefined);
// @ts-expect-error Nor there.
client.removeEventListener('mesage', () => undefined);
// @ts-expect-error It is not to be set.
client.ready = Promise.resolve();
// @ts-expect-error An option that is misspelt.
new AirlockClient('/chat', { storge: sessionStorage });
// @ts-expect-error An option of another type.
new AirlockClient('/chat', { queueMax: 'many' });
// @ts-expect-error A token is asked for with one of three reasons.
new AirlockClient('/chat', { token: ({ reason }) => (reason === 'whim' ? 'a' : null) });
// @ts-expect-error Not a place for a token.
new AirlockClient('/chat', { authIn: 'query' });
// @ts-expect-error An address is needed.
new AirlockClient();

const receipt = client.send({ text: 'hello' }, { id: 'm1' });
// @ts-expect-error An option of send that is misspelt.
client.send('hello', { ident: 'm1' });
const stopped: boolean = client.stop(receipt);
// @ts-expect-error The id of a receipt is not to be set.
receipt.id = 'm2';
// @ts-expect-error What is known of everything is still known here.
known(JSON.parse('1'));

export async function talk(): Promise<string> {
  try {
    await client.ready;
    await receipt.done;
  } catch (error) {
    if (error instanceof MessageRefused) return known(error.cause);
    if (error instanceof AirlockClosed) return `${known(error.cause)} ${known(error.code)}`;
    throw error;
  }
  for await (const item of client.messages()) {
    switch (item.type) {
      case 'message': return known(item.sequence).toFixed();
      case 'gap': return known(item.missed).toFixed();
      case 'lost': return item.lost.map(({ from }) => from).join();
      case 'void': return known<'try_failed' | 'session_lost'>(item.cause);
      case 'nack': return known(item.cause);
    }
    // @ts-expect-error Only a message has a payload.
    item.payload;
  }
  const { name, user } = client.state;
  return `${name} ${user ?? 'nobody'} ${stopped}`;
}
