import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

const running = new Set();

/** Ends all that was started, with what it started. */
export function endAll() {
  for (const child of running) end(child, 'SIGKILL');
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function end(child, signal) {
  try {
    // The whole group: a test runner has started processes of its own.
    process.kill(-(/** @type {number} */ (child.pid)), signal);
  } catch {
    // It has ended.
  }
}

/**
 * Runs a program and waits for its end. `output` is the end of what it wrote; `log`, a file, gets all of it.
 * @param {string} command @param {string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, seconds?: number, log?: string, beat?: () => void }} options
 * @returns {Promise<{ code: number | null, late: boolean, output: string }>}
 */
export function run(command, args, { cwd, env = {}, seconds, log, beat }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const file = log === undefined ? null : createWriteStream(log);
    let output = '', late = false;
    const limit = seconds === undefined ? undefined : setTimeout(() => { late = true; end(child, 'SIGKILL'); }, seconds * 1000);
    const beats = beat && setInterval(beat, 1000);
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-20_000);
        file?.write(chunk);
      });
    }
    const over = () => {
      clearTimeout(limit);
      clearInterval(beats);
      running.delete(child);
      file?.end();
    };
    child.on('error', (error) => { over(); reject(error); });
    child.on('close', (code) => { over(); resolve({ code, late, output }); });
  });
}
