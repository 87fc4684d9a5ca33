// ./pack with what a hurried person types, and on machines that lack something.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './workshop.js';

/** @import { Workshop } from './workshop.js' */

/** A PATH that has every program of this machine's but some. @param {Workshop} shop @param {string[]} lacking */
export function pathWithout(shop, ...lacking) {
  const folder = shop.empty(`without ${lacking.join(' ')}`);
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of place && existsSync(place) ? readdirSync(place) : []) {
      if (!lacking.includes(name) && !existsSync(join(folder, name))) symlinkSync(join(place, name), join(folder, name));
    }
  }
  return folder;
}

/** @param {Workshop} shop */
export function packScriptTests(shop) {
  test('./pack says what is wrong with its arguments, and makes nothing', async () => {
    const wrong = /** @type {const} */ ([
      ['--version', '--version needs a value'],
      ["--version ''", '--version needs a value'],
      ['--version 1.2', "'1.2' is no version"],
      ['--version 01.2.3', "'01.2.3' is no version"],
      ['--version 1.2.3+build', "'1.2.3+build' is no version"],
      ['--version 1.2.3-', "'1.2.3-' is no version"],
      ['--version 1.2.3-a..b', "'1.2.3-a..b' is no version"],
      ['--version "1.2.3 -p:Evil=1"', 'is no version'],
      ['--output', '--output needs a value'],
      ['--frobnicate', "what is '--frobnicate'?"],
      ['0.2.0', "what is '0.2.0'?"],
    ]);
    for (const [typed, says] of wrong) {
      const { status, output } = await shop.outcome(`./pack ${typed}`, ROOT, process.env);
      assert.equal(status, 2, `${typed}: ${output}`);
      assert.ok(output.includes(says), `${typed}: ${output}`);
      assert.ok(output.includes('./pack --help'), output);
    }
    const help = await shop.outcome('./pack --help', ROOT, process.env);
    assert.equal(help.status, 0);
    assert.match(help.output, /Exit codes: 0 packed/);
  });

  test('./pack does not begin what it could not end: no folder to write to', async () => {
    const file = join(shop.empty('no folder'), 'file');
    shop.write(file, '');
    const { status, output } = await shop.outcome(`./pack --output "${file}"`, ROOT, process.env);
    assert.equal(status, 1, output);
    assert.equal(output, `pack: ${file} is no folder that can be written.\n`);
  });

  test('./pack without the SDK says what is missing, wherever it is started', async () => {
    const folder = shop.empty('elsewhere');
    const { status, output } = await shop.outcome(`"${join(ROOT, 'pack')}"`, folder, { ...process.env, PATH: pathWithout(shop, 'dotnet') });
    assert.equal(status, 1, output);
    assert.match(output, /^pack: the \.NET 10 SDK is missing/m);
  });
}
