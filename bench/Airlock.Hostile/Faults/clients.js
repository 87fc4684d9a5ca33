// JavaScript clients for the fault injector: commands come as lines of JSON, what happens goes out as such.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { AirlockClient } from '../../../clients/js/src/index.js';

const { WebSocket } = createRequire(new URL('../../../clients/js/package.json', import.meta.url))('ws');
const clients = new Map();
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const commands = {
  open({ id, url, token }) {
    const client = new AirlockClient(url, { token: () => token, WebSocket });
    clients.set(id, client);
    client.addEventListener('state', ({ detail: { to, state } }) => {
      if (to === 'PROCESSING_READY') tell({ id, what: 'ready', connection: state.connection });
    });
    client.addEventListener('close', ({ detail: { connection, cause } }) => tell({ id, what: 'end', connection, cause }));
    client.addEventListener('message', () => tell({ id, what: 'echo' }));
    client.closed.then(() => tell({ id, what: 'stopped' }));
  },
  send({ id, text }) {
    clients.get(id).send(text);
  },
  close({ id }) {
    clients.get(id)?.close();
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.op](command);
}).on('close', () => process.exit());
