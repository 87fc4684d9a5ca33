// A clean clone, in a folder whose name has blanks: what ./pack makes there, without npm, with a version of its own; the lab as a tool.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathWithout } from './packScript.js';
import { ROOT, Workshop } from './workshop.js';

describe('A clean clone', () => {
  const shop = new Workshop();
  const clone = join(shop.empty('of a stranger'), 'the clone');
  // The packages that restore needs are on this machine already.
  const env = process.env;

  before(() => shop.run(`git clone -q --no-hardlinks "${ROOT}" "${clone}"`, join(clone, '..')));
  after(() => shop.close());

  test('./pack without npm makes the NuGet packages and says what it left out', async () => {
    const output = await shop.run('./pack', clone, { ...env, PATH: pathWithout(shop, 'npm') });
    assert.match(output, /The npm package was left out: node and npm are missing/);
    assert.doesNotMatch(output, /npm install/);
    const made = readdirSync(join(clone, 'artifacts/packages'));
    assert.equal(made.filter((name) => name.endsWith('.nupkg')).length, 5, made.join(' '));
    assert.equal(made.filter((name) => name.endsWith('.tgz')).length, 0);
  });

  test('./pack with a version makes that everywhere, beside what lies in a folder of the reader’s', async () => {
    const feed = shop.empty('a feed');
    shop.write(join(feed, 'theirs.txt'), 'kept');
    const output = await shop.run(`./pack --version 0.2.0-rc.1 --output "${feed}"`, clone, env);
    const made = readdirSync(feed).filter((name) => !name.endsWith('.snupkg')).sort();
    assert.deepEqual(made, [
      'Airlock.0.2.0-rc.1.nupkg', 'Airlock.AspNetCore.0.2.0-rc.1.nupkg', 'Airlock.Client.0.2.0-rc.1.nupkg', 'Airlock.Core.0.2.0-rc.1.nupkg', 'Airlock.Lab.0.2.0-rc.1.nupkg', 'Airlock.Lab.Testing.0.2.0-rc.1.nupkg',
      'airlock-client-0.2.0-rc.1.tgz', 'theirs.txt',
    ]);
    const client = await shop.run(`tar -xzOf "${join(feed, 'airlock-client-0.2.0-rc.1.tgz')}" package/src/client.js`, feed);
    assert.ok(client.includes("'airlock-js/0.2.0-rc.1'"));
    // The client that a server serves is the same as npm's, to the byte.
    const web = shop.empty('the web package');
    await shop.run(`unzip -q "${join(feed, 'Airlock.AspNetCore.0.2.0-rc.1.nupkg')}" -d . || python3 -m zipfile -e "${join(feed, 'Airlock.AspNetCore.0.2.0-rc.1.nupkg')}" .`, web);
    assert.equal(readFileSync(join(web, 'staticwebassets/client.js'), 'utf8'), client);
    assert.ok(output.includes(`dotnet nuget add source "${feed}" --name airlock`), output);
    assert.equal(readdirSync(join(clone, 'artifacts/packages')).filter((name) => name.includes('rc.1')).length, 0, 'artifacts/packages was not meant');
    assert.equal(await shop.run('git status --porcelain', clone), '', 'packing changes no file of the tree');

    const folder = shop.empty('a tool');
    await shop.run(`dotnet tool install Airlock.Lab --tool-path tools --add-source "${feed}" --version 0.2.0-rc.1`, folder);
    assert.ok(existsSync(join(folder, 'tools/airlock-lab')));
    assert.match(await shop.run('tools/airlock-lab list', folder), /late-attempt/);
  });

  test('./pack says so when NuGet knows the packages of another clone', async () => {
    const elsewhere = shop.empty('another clone');
    await shop.run(`dotnet nuget add source "${elsewhere}" --name airlock`, elsewhere);
    // The stranger's home, and this machine's packages, without which a restore takes long.
    const output = await shop.run('./pack', clone, { ...shop.env, NUGET_PACKAGES: process.env.NUGET_PACKAGES ?? join(homedir(), '.nuget/packages') });
    assert.ok(output.includes(`NuGet knows ${elsewhere} as airlock`), output);
    const update = output.split('\n').find((line) => line.includes('dotnet nuget update source'))?.trim() ?? 'false';
    await shop.run(update, elsewhere);
    assert.ok((await shop.run('dotnet nuget list source', elsewhere)).includes(join(clone, 'artifacts/packages')));
  });

  test('./pack that fails says so, and leaves the packages as they are', async () => {
    const before = readdirSync(join(clone, 'artifacts/packages')).sort();
    shop.write(join(clone, 'src/Airlock.Core/Broken.cs'), 'this is no C#');
    const { status, output } = await shop.outcome('./pack', clone, env);
    assert.equal(status, 1);
    assert.match(output, /error CS/);
    assert.match(output, /^pack: dotnet pack failed/m);
    assert.deepEqual(readdirSync(join(clone, 'artifacts/packages')).sort(), before);
  });
});
