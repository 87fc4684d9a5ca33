import { createServer } from 'node:net';

/**
 * A port of loopback that nobody listens on, below those that systems give to connections and to whoever asks for any:
 * what runs beside this does not take it before it is used.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    let tries = 0;
    const take = () => {
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      const probe = createServer();
      probe.once('error', (error) => (++tries < 100 ? take() : reject(error)));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
    };
    take();
  });
}
