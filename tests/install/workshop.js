// A stranger's machine: empty folders, a home of its own, and what it types, run as it stands. Nothing of this repository is seen but its packages.

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** How long anything may take: no machine is so slow. In milliseconds. */
export const PATIENCE = 900_000;

/** @typedef {{ status: number | null, output: string }} Outcome */

export class Workshop {
  #folder = realpathSync(mkdtempSync(join(tmpdir(), 'airlock install ')));
  /** @type {Set<Running>} */
  #running = new Set();

  constructor() {
    const home = this.empty('home');
    // This machine's sources of packages, without what somebody has added by the guide.
    const sources = join(homedir(), '.nuget/NuGet/NuGet.Config');
    if (existsSync(sources)) this.write(join(home, '.nuget/NuGet/NuGet.Config'), readFileSync(sources, 'utf8').replace(/.*key="airlock".*\n?/g, ''));
    this.env = {
      ...process.env,
      HOME: home,
      DOTNET_CLI_HOME: home,
      DOTNET_NOLOGO: '1',
      DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      DOTNET_CLI_UI_LANGUAGE: 'en',
      DOTNET_GENERATE_ASPNET_CERTIFICATE: 'false',
      // Nothing goes on running when a command has ended.
      MSBUILDDISABLENODEREUSE: '1',
      UseSharedCompilation: 'false',
      npm_config_userconfig: join(homedir(), '.npmrc'),
      npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
    };
    for (const name of Object.keys(this.env)) if (/^(NUGET_PACKAGES|NODE_TEST_CONTEXT|ASPNETCORE_|DOTNET_ENVIRONMENT$)/.test(name)) delete (/** @type {NodeJS.ProcessEnv} */ (this.env))[name];
  }

  /** A new folder with nothing in it. @param {string} name */
  empty(name) {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    return folder;
  }

  /** @param {string} path @param {string} text */
  write(path, text) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** @param {string} from @param {string} to */
  copy(from, to) {
    cpSync(from, to, { recursive: true });
  }

  /**
   * Types a command into a shell and waits for its end, whatever that is. @param {string} command @param {string} folder @param {NodeJS.ProcessEnv} [env]
   * @returns {Promise<Outcome>}
   */
  async outcome(command, folder, env = this.env) {
    const running = this.#start(command, folder, env);
    const status = await running.ended;
    return { status, output: running.output };
  }

  /** The same; it must succeed. @param {string} command @param {string} folder @param {NodeJS.ProcessEnv} [env] @returns {Promise<string>} what it prints */
  async run(command, folder, env = this.env) {
    const { status, output } = await this.outcome(command, folder, env);
    if (status !== 0) throw new Error(`${command}\nended with ${status} in ${folder}:\n${output}`);
    return output;
  }

  /** Types a command that goes on, and waits until it has printed something. @param {string} command @param {string} folder @param {RegExp} printed @param {Record<string, string>} [more] */
  async start(command, folder, printed, more = {}) {
    const running = this.#start(command, folder, { ...this.env, ...more });
    const [, found = ''] = await running.printed(printed);
    return { found, stop: () => running.stop() };
  }

  /** Ends what still runs and takes everything away. */
  async close() {
    await Promise.all([...this.#running].map((running) => running.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param {string} command @param {string} folder @param {NodeJS.ProcessEnv} env */
  #start(command, folder, env) {
    const running = new Running(command, folder, env);
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }
}

class Running {
  output = '';
  #process;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** @param {string} command @param {string} folder @param {NodeJS.ProcessEnv} env */
  constructor(command, folder, env) {
    // A group of its own: what a command has started ends with it.
    this.#process = spawn('bash', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        for (const watcher of this.#watchers) watcher();
      });
    }
    const limit = setTimeout(() => this.#kill(), PATIENCE);
    /** @type {Promise<number | null>} */
    this.ended = new Promise((resolve) => this.#process.once('close', (status) => {
      clearTimeout(limit);
      resolve(status);
    }));
  }

  /** @param {RegExp} pattern @returns {Promise<RegExpExecArray>} */
  printed(pattern) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.output);
        if (found) resolve(found);
      };
      this.#watchers.add(look);
      void this.ended.then((status) => reject(new Error(`It ended with ${status} and never printed ${pattern}:\n${this.output}`)));
      look();
    });
  }

  async stop() {
    this.#kill();
    await this.ended;
  }

  #kill() {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
    }
  }
}
