// ./pack, typed by the reader in the clone, and what it prints.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workshop.js';

/** @import { Workshop } from './workshop.js' */

/** @typedef {{ folder: string, version: string, addSource: string, installClient: string, tarball: string, package(id: string): string }} Packed */

/** What it is to print. @param {string} output @returns {Packed} */
function read(output) {
  const line = (/** @type {RegExp} */ pattern) => {
    const found = pattern.exec(output)?.[1];
    if (!found) throw new Error(`${pattern} is not in what ./pack has printed:\n${output}`);
    return found;
  };
  const addSource = line(/(dotnet nuget add source ".*" --name airlock)$/m);
  const installClient = line(/(npm install ".*\.tgz")$/m);
  const folder = line(/add source "(.*)"/);
  const version = /<VersionPrefix>(.*)<\/VersionPrefix>/.exec(readFileSync(join(ROOT, 'Directory.Build.props'), 'utf8'))?.[1] ?? '';
  return { folder, version, addSource, installClient, tarball: line(/npm install "(.*)"/), package: (id) => join(folder, `${id}.${version}.nupkg`) };
}

/** @param {Workshop} shop @param {string} command as the guide has it */
export async function pack(shop, command) {
  // In the clone, on the machine of whoever runs this: its packages are here already.
  return read(await shop.run(command, ROOT, process.env));
}
