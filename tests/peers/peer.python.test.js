// Python's websockets, as Debian ships it, as an independent peer. Its walks are in peer.py; each counts as one test.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { RealServer } from './realServer.js';
import { keepSecret } from './secrets.js';

const PYTHON = '/usr/bin/python3';

function missing() {
  try {
    execFileSync(PYTHON, ['-c', 'import websockets'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'python3-websockets is not installed';
  }
}

test("A peer of Python's websockets", { skip: missing() }, async (t) => {
  const server = await RealServer.start(t);
  const python = spawn(PYTHON, [fileURLToPath(new URL('peer.py', import.meta.url)), server.socket, server.base], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => python.kill());
  let complaints = '';
  python.stderr.setEncoding('utf8').on('data', (text) => { complaints += text; });
  const exited = new Promise((resolve) => { python.once('close', resolve); });
  let walks = 0;
  for await (const line of createInterface({ input: python.stdout })) {
    const { name, ok, error, secrets } = JSON.parse(line);
    for (const secret of secrets) keepSecret(secret);
    walks++;
    await t.test(name, () => assert.ok(ok, error));
  }
  assert.equal(await exited, 0, complaints);
  assert.ok(walks >= 12, `${walks} walks`);
});
