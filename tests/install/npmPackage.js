// The npm package: what is in it, what publint and attw say, what the compiler says of programs that use it, and the README's program for Node.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { guide } from './guide.js';
import { Page } from './page.js';
import { installedClient } from './dotnetPackages.js';
import { ROOT } from './workshop.js';

/** @import { Workshop } from './workshop.js' */
/** @import { Packed } from './packed.js' */

const TOOLS = join(ROOT, 'clients/js/packing/node_modules');
/** Which compilers read the declarations, and how they look for them. */
const COMPILERS = /** @type {const} */ ([
  ['7', join(ROOT, 'clients/js/node_modules/typescript/bin/tsc'), ['node16', 'nodenext', 'bundler']],
  ['6', join(TOOLS, 'typescript/bin/tsc'), ['nodenext', 'bundler']],
  ['5', join(TOOLS, 'typescript-5/bin/tsc'), ['nodenext', 'bundler']],
]);

/** @param {Workshop} shop @param {() => Packed} packed @param {{ address: string }} chat */
export function npmPackageTests(shop, packed, chat) {
  /** @type {string | undefined} */
  let folder;
  /** A project that has installed it as the guide says. */
  async function installed() {
    if (folder) return folder;
    folder = shop.empty('npm project');
    shop.write(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
    const { installClient } = packed();
    assert.ok(guide.typed('next').some((command) => installClient === command.replace('...', join(packed().folder, '../..'))), `the guide has the line that ./pack prints: ${installClient}`);
    await shop.run(`${installClient} --no-audit --no-fund --ignore-scripts`, folder);
    return folder;
  }
  const client = async () => installedClient(await installed());

  test('The npm package holds the client, its types and what it may be used for', async () => {
    const base = join(await installed(), 'node_modules/airlock-client');
    const text = JSON.parse(readFileSync(join(base, 'package.json'), 'utf8'));
    const { version } = packed();
    assert.equal(text.version, version);
    assert.ok(readFileSync(join(base, 'src/client.js'), 'utf8').includes(`'airlock-js/${version}'`), 'the name in a server’s log');
    // What the tree says is what is packed: its version stands in three places.
    assert.equal(JSON.parse(readFileSync(join(ROOT, 'clients/js/package.json'), 'utf8')).version, version);
    assert.ok(readFileSync(join(ROOT, 'clients/js/src/client.js'), 'utf8').includes(`'airlock-js/${version}'`));
    for (const field of ['private', 'scripts', 'devDependencies', 'dependencies', 'repository']) assert.equal(text[field], undefined, field);
    assert.deepEqual(readdirSync(base).sort(), ['LICENSE', 'README.md', 'package.json', 'src', 'types']);
    const sources = readdirSync(join(base, 'src'), { recursive: true }).map(String).filter((name) => name.endsWith('.js'));
    assert.ok(sources.length > 20);
    for (const name of sources) assert.ok(existsSync(join(base, 'types', name.replace(/\.js$/, '.d.ts'))), name);
    const readme = readFileSync(join(base, 'README.md'), 'utf8');
    assert.match(readme, /^ {4}npm install airlock-client$/m);
    assert.doesNotMatch(readme, /\]\((?!https:)/, 'a link that leads nowhere');
  });

  test('publint and attw have nothing to say', async () => {
    const { tarball } = packed();
    const base = join(await installed(), 'node_modules/airlock-client');
    const publint = await shop.outcome(`node "${join(TOOLS, 'publint/src/cli.js')}" run --strict --pack false "${base}"`, ROOT);
    assert.equal(publint.status, 0, publint.output);
    assert.match(publint.output, /All good!/);
    const attw = await shop.outcome(`node "${join(TOOLS, '@arethetypeswrong/cli/dist/index.js')}" "${tarball}" --profile esm-only --no-color --no-emoji`, ROOT);
    assert.equal(attw.status, 0, attw.output);
    assert.match(attw.output, /node16 \(from ESM\).*OK \(ESM\)[^]*bundler.*OK/);
  });

  for (const [version, compiler, resolutions] of COMPILERS) {
    test(`TypeScript ${version} takes a right program and finds what is wrong in another`, async () => {
      const base = await installed();
      shop.copy(join(ROOT, 'tests/install/types'), join(base, `types ${version}`));
      for (const resolution of resolutions) {
        const options = { strict: true, noEmit: true, target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [], module: resolution === 'bundler' ? 'ESNext' : resolution, moduleResolution: resolution, exactOptionalPropertyTypes: true };
        shop.write(join(base, `types ${version}/tsconfig.json`), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
        // A mistake that is not found is an error too: the line that expects it says so.
        const { status, output } = await shop.outcome(`node "${compiler}" -p "types ${version}"`, base);
        assert.equal(status, 0, `${resolution}: ${output}`);
      }
    });
  }

  test('The README’s program for Node talks to the guide’s chat', async () => {
    const base = await installed();
    await shop.run('npm install ws@8.23.0 --no-audit --no-fund --ignore-scripts', base);
    const [, program = ''] = /^```js\n(import[^]*?)^```$/m.exec(new Page('clients/js/README.md').text) ?? [];
    assert.ok(program.includes('wss://example.org/chat') && program.includes("client.send('hello')"));
    // The chat wants a name and words, and the reader ends the program.
    shop.write(join(base, 'program.js'), `${program
      .replace('wss://example.org/chat', new URL('/chat', chat.address.replace('http', 'ws')).href)
      .replace("client.send('hello')", "client.send({ name: 'ann', text: 'from Node' })")}`);
    const { found, stop } = await shop.start('node program.js', base, /text: '(from Node)'/);
    assert.equal(found, 'from Node');
    await stop();
  });

  return client;
}
