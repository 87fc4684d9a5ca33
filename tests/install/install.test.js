// What a stranger does: makes the packages, and uses nothing else of this repository. In one file, because the packages are made once.

import { after, before, describe } from 'node:test';
import { dotnetPackageTests } from './dotnetPackages.js';
import { guide, guideTests } from './guide.js';
import { npmPackageTests } from './npmPackage.js';
import { packScriptTests } from './packScript.js';
import { pack } from './packed.js';
import { Workshop } from './workshop.js';

/** @import { Packed } from './packed.js' */

describe('From the packages alone', () => {
  const shop = new Workshop();
  /** @type {Packed | undefined} */
  let made;
  /** Where the guide's chat listens. */
  const chat = { address: '' };
  const packed = () => {
    if (!made) throw new Error('./pack has failed.');
    return made;
  };

  before(async () => { made = await pack(shop, guide.typed('clone')[0] ?? ''); });
  after(() => shop.close());

  packScriptTests(shop);
  guideTests(shop, packed, chat);
  const client = npmPackageTests(shop, packed, chat);
  dotnetPackageTests(shop, packed, chat, client);
});
