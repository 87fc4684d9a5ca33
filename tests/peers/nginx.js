// nginx in front of the server, with a configuration and a directory of its own, as whoever runs the tests.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './freePort.js';

const NGINX = ['/usr/sbin/nginx', 'nginx'];

/** Where nginx is, or null. */
export const nginxProgram = NGINX.find((program) => {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}) ?? null;

/** What a proxy has to pass on for a WebSocket; written once and used by all servers. */
const WEBSOCKET = `
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";`;

/** What each server does besides. */
const SERVERS = {
  plain: WEBSOCKET,
  withoutAuthorization: `${WEBSOCKET}
      proxy_set_header Authorization "";`,
  withoutSubProtocol: `${WEBSOCKET}
      proxy_set_header Sec-WebSocket-Protocol "";`,
  impatient: `${WEBSOCKET}
      proxy_read_timeout 2s;`,
  withoutUpgrade: `
      proxy_set_header Host $http_host;`,
};

export class Nginx {
  #directory;
  #process;
  /** @type {Record<keyof typeof SERVERS, string>} the base address of each server */
  at;

  /** @param {string} directory @param {import('node:child_process').ChildProcess} process @param {Record<keyof typeof SERVERS, string>} at */
  constructor(directory, process, at) {
    this.#directory = directory;
    this.#process = process;
    this.at = at;
  }

  /** @param {{ after(stop: () => unknown): void }} t @param {number} upstream the server's port */
  static async start(t, upstream) {
    const directory = mkdtempSync(join(tmpdir(), 'airlock-nginx-'));
    const names = /** @type {(keyof typeof SERVERS)[]} */ (Object.keys(SERVERS));
    const ports = await Promise.all(names.map(freePort));
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${directory}/${name};`);
    const servers = names.map((name, i) => `  server {
    listen 127.0.0.1:${ports[i]};
    location / {
      proxy_pass http://127.0.0.1:${upstream};${SERVERS[name]}
    }
  }`);
    const user = process.getuid?.() === 0 ? 'user root;\n' : '';
    writeFileSync(join(directory, 'nginx.conf'), `${user}daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log info;
events { worker_connections 1024; }
http {
  access_log ${directory}/access.log combined;
${paths.join('\n')}
${servers.join('\n')}
}
`);
    const child = spawn(/** @type {string} */ (nginxProgram), ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { complaints += text; });
    const nginx = new Nginx(directory, child, /** @type {any} */ (Object.fromEntries(names.map((name, i) => [name, `http://127.0.0.1:${ports[i]}`]))));
    t.after(() => nginx.stop());
    await nginx.#answers(() => complaints);
    return nginx;
  }

  /** Every line that it has logged: requests, and what went wrong with them. */
  get log() {
    return ['access.log', 'error.log'].map((name) => readFileSync(join(this.#directory, name), 'utf8')).join('');
  }

  async stop() {
    const gone = new Promise((resolve) => { this.#process.once('close', resolve); });
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGTERM');
      await gone;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** It tells nobody when it listens, so it is asked until it does. @param {() => string} complaints */
  async #answers(complaints) {
    for (const deadline = Date.now() + 900_000; ;) {
      const answer = await fetch(`${this.at.plain}/health/live`).catch(() => null);
      if (answer) return answer.body?.cancel();
      if (this.#process.exitCode !== null || Date.now() > deadline) throw new Error(`nginx does not answer. ${complaints()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
