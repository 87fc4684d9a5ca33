// A model behind the OpenAI API, as far as the agent uses it. It is started late, or never.

import { createServer } from 'node:http';
import { freePort } from './freePort.js';

export const ANSWER = 'You spent nothing.';

export class ModelEndpoint {
  #port;
  #server = createServer((request, response) => {
    if (request.url === '/v1/models') return void response.setHeader('content-type', 'application/json').end('{"object":"list","data":[{"id":"late","object":"model"}]}');
    request.resume().on('end', () => {
      response.setHeader('content-type', 'text/event-stream');
      for (const content of ANSWER.match(/\S+\s*/g) ?? []) response.write(`data: ${piece({ role: 'assistant', content }, null)}\n\n`);
      response.end(`data: ${piece({}, 'stop')}\n\ndata: [DONE]\n\n`);
    });
  });

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
  }

  static async reserve() {
    return new ModelEndpoint(await freePort());
  }

  /** The server's settings for a model that is here. */
  get settings() {
    return { Agent__Endpoint: `http://127.0.0.1:${this.#port}/v1`, Agent__Model: 'late' };
  }

  /** @param {{ after(stop: () => unknown): void }} t */
  async start(t) {
    t.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    await new Promise((resolve) => { this.#server.listen(this.#port, '127.0.0.1', () => resolve(undefined)); });
  }
}

/** @param {object} delta @param {string | null} finish */
const piece = (delta, finish) => JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'late', choices: [{ index: 0, delta, finish_reason: finish }] });
