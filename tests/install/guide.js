// The guide, from an empty folder to two tabs that talk, typed as it stands; then its next steps.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChatPage, launch, noBrowser } from '../browser/chatPage.js';
import { Page } from './page.js';

/** @import { Workshop } from './workshop.js' */
/** @import { Packed } from './packed.js' */

export const guide = new Page('docs/guide.md');

/** What the guide's reader types in the clone, and in the folder. The three dots stand for where the clone is. @param {Packed} packed */
function typed(packed) {
  return guide.typed('').map((command) => (command.includes('...') ? [packed.addSource, packed.installClient].find((printed) => command === printed.replace(join(packed.folder, '../..'), '...')) ?? command : command));
}

/** @param {ChatPage} chat @param {string} text */
async function say({ page }, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

/** @param {ChatPage} chat @param {string | RegExp} text */
const hears = ({ page }, text) => page.locator('#said li', { hasText: text }).first().waitFor();

/** @param {ChatPage} chat @param {string} text */
const times = ({ page }, text) => page.locator('#said li', { hasText: text }).count();

/** @param {Workshop} shop @param {() => Packed} packed @param {{ address: string }} chat where it listens, once it does */
export function guideTests(shop, packed, chat) {
  test('The guide takes at most six commands to two tabs that talk', async () => {
    const commands = typed(packed());
    assert.deepEqual(guide.typed('clone'), ['./pack'], 'what is typed in the clone');
    const count = commands.length + 1;
    assert.ok(count <= 6, commands.join('\n'));
    assert.match(new Page('README.md').text, new RegExp(`in ${['no', 'one', 'two', 'three', 'four', 'five', 'six'][count]} commands\\.`), 'what the README says of the guide');
    const last = commands.pop() ?? '';
    const folder = shop.empty('My chat');
    for (const command of commands) await shop.run(command, folder);
    assert.deepEqual([...guide.files.keys()], ['Program.cs', 'wwwroot/index.html']);
    for (const [path, text] of guide.files) shop.write(join(folder, path), text);
    chat.address = (await shop.start(last, folder, /Now listening on: (http:\/\/\S+)/)).found;
    const health = await fetch(new URL('/health/ready', chat.address));
    assert.equal(health.status, 200);
  });

  test('Two tabs see each other’s messages, and what was said while one had no network', { skip: noBrowser }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const ann = await ChatPage.open(t, browser, chat.address);
    await ann.page.locator('#state', { hasText: 'PROCESSING_READY' }).waitFor();
    await hears(ann, 'is here');
    const bob = await ChatPage.open(t, browser, chat.address);
    await hears(bob, 'is here');

    await say(bob, 'hello ann');
    await Promise.all([hears(ann, 'hello ann'), hears(bob, 'hello ann')]);
    await say(ann, 'hello bob');
    await Promise.all([hears(ann, 'hello bob'), hears(bob, 'hello bob')]);

    // As the guide says: one is without a network while both say something.
    await ann.page.context().setOffline(true);
    await say(ann, 'said while away');
    await say(bob, 'missed by ann');
    await hears(bob, 'missed by ann');
    assert.equal(await times(ann, 'missed by ann'), 0, 'ann is not offline');
    await ann.page.context().setOffline(false);
    await Promise.all([hears(ann, 'missed by ann'), hears(bob, 'said while away')]);

    // What comes twice has come before what is said after it.
    await say(bob, 'that was all');
    for (const tab of [ann, bob]) {
      await hears(tab, 'that was all');
      for (const text of ['hello ann', 'hello bob', 'said while away', 'missed by ann']) assert.equal(await times(tab, text), 1, text);
      assert.deepEqual(tab.complaints.filter((complaint) => complaint.startsWith('uncaught')), []);
    }

    // A message without words is answered by the server.
    await bob.page.evaluate(() => document.querySelector('form')?.requestSubmit());
    await hears(bob, 'Say who you are, and something.');
  });

  test('A tab that is too slow is told how many messages are missing, and so is who sent them', { skip: noBrowser }, async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const ann = await ChatPage.open(t, browser, chat.address);
    await hears(ann, 'is here');
    const bob = await ChatPage.open(t, browser, chat.address);
    await hears(bob, 'is here');

    // Nothing runs in a page while its dialog stands.
    const opened = new Promise((resolve) => ann.page.once('dialog', resolve));
    await ann.page.evaluate(() => { setTimeout(() => alert('busy')); });
    const dialog = /** @type {import('playwright-core').Dialog} */ (await opened);
    const sent = await bob.page.evaluate(async () => {
      const all = 170;
      const words = /** @type {HTMLInputElement} */ (document.querySelector('#text'));
      const said = /** @type {HTMLElement} */ (document.querySelector('#said'));
      for (let number = 1; number <= all; number++) {
        const heard = new Promise((resolve) => {
          const watcher = new MutationObserver(() => {
            if (![...said.children].slice(-3).some((line) => line.textContent?.includes(`#${number}#`))) return;
            watcher.disconnect();
            resolve(undefined);
          });
          watcher.observe(said, { childList: true });
        });
        // 170 of these are more than the 4 MiB that the server keeps for one client.
        words.value = `#${number}#${'.'.repeat(30_000)}`;
        document.querySelector('form')?.requestSubmit();
        await heard;
      }
      return all;
    });
    await hears(bob, /^\d+ of \d+ are too far behind and will miss that\.$/);
    await dialog.accept();
    await hears(ann, /^Missing here: \d+ that came faster/);
    await say(bob, 'that was all');
    await hears(ann, 'that was all');
    const [heard, missing] = await ann.page.locator('#said li').evaluateAll((lines) => {
      const texts = lines.map((line) => line.textContent ?? '');
      return [texts.filter((text) => text.includes('#')).length, texts.reduce((sum, text) => sum + Number(/^Missing here: (\d+)/.exec(text)?.[1] ?? 0), 0)];
    });
    assert.ok(missing > 0);
    assert.equal(heard + missing, sent);
  });
}
