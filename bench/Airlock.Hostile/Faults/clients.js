// JavaScript clients for the fault injector: commands come as lines of JSON, what happens goes out as such.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { AirlockClient } from '../../../clients/js/src/index.js';

const { WebSocket } = createRequire(new URL('../../../clients/js/package.json', import.meta.url))('ws');
const clients = new Map();
/** The certificate is the bench's own. */
class Trusting extends WebSocket {
  constructor(url, protocols, options) {
    super(url, protocols, { ...options, rejectUnauthorized: false });
  }
}
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const commands = {
  open({ id, url, token, later }) {
    let current = token;
    const client = new AirlockClient(url, { token: () => current, WebSocket: Trusting });
    clients.set(id, client);
    client.addEventListener('state', ({ detail: { to, state } }) => {
      if (to === 'PROCESSING_READY') tell({ id, what: 'ready', connection: state.connection });
    });
    client.addEventListener('close', ({ detail: { connection, cause } }) => {
      current = later;
      tell({ id, what: 'end', connection, cause });
    });
    client.addEventListener('message', () => tell({ id, what: 'echo' }));
    client.closed.then(() => tell({ id, what: 'stopped' }));
  },
  send({ id, text }) {
    clients.get(id).send(text).done.catch(({ cause }) => tell({ id, what: 'refused', cause: String(cause) }));
  },
  close({ id }) {
    clients.get(id)?.close();
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.op](command);
}).on('close', () => process.exit());
