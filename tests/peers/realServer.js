// The real server as a process of its own, on a free port of loopback, with a directory of its own.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertKeepsSecrets, keepCookie, keepSecret } from './secrets.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Deadlines that a busy machine keeps, too. A test that waits for one to pass sets its own. */
const PATIENT = {
  Airlock__Endpoint__Timeouts__Hello: '00:02:00',
  Airlock__Endpoint__Timeouts__Authentication: '00:02:00',
  Airlock__Endpoint__Timeouts__Gate: '00:05:00',
  Airlock__Endpoint__Timeouts__Attach: '00:02:00',
  Airlock__Endpoint__Timeouts__Pong: '00:02:00',
  Airlock__Endpoint__Timeouts__Write: '00:02:00',
  Airlock__Endpoint__Timeouts__Close: '00:00:30',
  DOTNET_shutdownTimeoutSeconds: '120',
};
const STARTED = /Now listening on: (http:\/\/\S+)/;

/** The program: that of AIRLOCK_SERVER, else the newest of those that were built. */
function program() {
  const built = ['release', 'debug'].map((kind) => join(ROOT, 'artifacts/bin/Airlock.Server', kind, 'Airlock.Server.dll')).filter(existsSync);
  const newest = built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  const found = process.env.AIRLOCK_SERVER ?? newest;
  if (!found) throw new Error('The server is not built: dotnet build -c Release server/Airlock.Server');
  return found;
}

export class RealServer {
  #process;
  #directory;
  #exited;
  /** Everything it has printed: at level Trace, everything it does. */
  log = '';
  /** Where it listens, such as http://127.0.0.1:40123. */
  base = '';

  /** @param {Record<string, string>} settings as environment variables, such as Agent__Pace */
  constructor(settings) {
    this.#directory = mkdtempSync(join(tmpdir(), 'airlock-server-'));
    this.#process = spawn('dotnet', [program()], {
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: this.#directory, XDG_DATA_HOME: this.#directory, DOTNET_NOLOGO: '1', ASPNETCORE_URLS: 'http://127.0.0.1:0', Logging__LogLevel__Default: 'Trace', 'Logging__LogLevel__Microsoft.Extensions.Hosting.Internal.Host': 'Trace', 'Logging__LogLevel__Microsoft.AspNetCore.DataProtection': 'Trace', Agent__Pace: '00:00:00.002', Airlock__DrainTimeout: '00:00:01', ...PATIENT, ...settings },
    });
    this.#exited = new Promise((resolve) => { this.#process.once('close', (code, signal) => resolve(code ?? signal)); });
    for (const output of [this.#process.stdout, this.#process.stderr]) output.setEncoding('utf8').on('data', (text) => { this.log += text; });
  }

  /**
   * @param {import('node:test').TestContext | { after(stop: () => unknown): void }} t stops it when the test ends
   * @param {Record<string, string>} [settings]
   */
  static async start(t, settings = {}) {
    const server = new RealServer(settings);
    t.after(() => server.stop());
    server.base = await server.printed(STARTED, 1);
    return server;
  }

  get socket() {
    return `${this.base.replace('http', 'ws')}/chat`;
  }

  get port() {
    return Number(new URL(this.base).port);
  }

  /** Waits until it has printed something. @param {RegExp} pattern @param {number} [group] */
  printed(pattern, group = 0) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.log);
        if (found) resolve(found[group]);
        return found;
      };
      if (look()) return;
      const limit = setTimeout(() => reject(new Error(`The server never printed ${pattern}. It printed:\n${this.log.slice(-4000)}`)), 900_000);
      this.#process.stdout.on('data', () => look() && clearTimeout(limit));
      void this.#exited.then((code) => {
        clearTimeout(limit);
        reject(new Error(`The server ended with ${code}. It printed:\n${this.log.slice(-4000)}`));
      });
    });
  }

  /** Signs in as the page does. @param {string} name @param {string} [base] another way to it, through a proxy */
  async signIn(name, base = this.base) {
    const signedIn = await fetch(`${base}/auth/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
    if (!signedIn.ok) throw new Error(`Sign-in was answered with ${signedIn.status}.`);
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    keepCookie(cookie);
    return {
      name,
      cookie,
      token: async () => {
        const answer = await fetch(`${base}/auth/token`, { method: 'POST', headers: { cookie } });
        const { token } = await answer.json();
        keepSecret(token);
        return token;
      },
      /** @param {string} token */
      ticket: async (token) => {
        const answer = await fetch(`${base}/chat/ticket`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
        const { ticket } = await answer.json();
        keepSecret(ticket);
        return ticket;
      },
    };
  }

  /** Tells it to leave. */
  terminate() {
    this.#process.kill('SIGTERM');
  }

  /** @returns {Promise<number | string>} the exit code, or the signal that ended it */
  exited() {
    return this.#exited;
  }

  /** Ends it. No log of its whole run may hold a token, a ticket or another secret that somebody here was given. */
  async stop() {
    // It is told first: what is killed takes with it what it had still to log.
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGTERM');
    const limit = setTimeout(() => this.#process.kill('SIGKILL'), 900_000);
    await this.#exited;
    clearTimeout(limit);
    rmSync(this.#directory, { recursive: true, force: true });
    if (this.base) assertKeepsSecrets(this.log);
  }
}
