// The guide's page, in a real browser, against the guide's server, which the tests of Airlock.AspNetCore build and run: node guidePage.js ADDRESS

import assert from 'node:assert/strict';
import { ChatPage, launch } from './chatPage.js';

const base = process.argv[2] ?? '';
const stops = /** @type {(() => unknown)[]} */ ([]);
const t = /** @type {import('node:test').TestContext} */ (/** @type {unknown} */ ({ after: (/** @type {() => unknown} */ stop) => stops.unshift(stop) }));

/** @param {ChatPage} chat @param {string} text */
const say = async ({ page }, text) => {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
};
/** @param {ChatPage} chat @param {string} text */
const hears = ({ page }, text) => page.locator('#said li', { hasText: text }).waitFor();

try {
  const browser = await launch();
  stops.push(() => browser.close());
  const ann = await ChatPage.open(t, browser, base);
  await ann.page.locator('#state', { hasText: 'PROCESSING_READY' }).waitFor();
  await hears(ann, 'is here');
  const bob = await ChatPage.open(t, browser, base);
  await hears(bob, 'is here');

  await say(bob, 'hello ann');
  await Promise.all([hears(ann, 'hello ann'), hears(bob, 'hello ann')]);

  // As the guide says: one is without a network while both say something.
  await ann.page.context().setOffline(true);
  await say(ann, 'said while away');
  await say(bob, 'missed by ann');
  await hears(bob, 'missed by ann');
  assert.equal(await ann.page.locator('#said li', { hasText: 'missed by ann' }).count(), 0, 'ann is not offline');
  await ann.page.context().setOffline(false);
  await Promise.all([hears(ann, 'missed by ann'), hears(bob, 'said while away')]);

  // What comes twice has come before what is said after it.
  await say(bob, 'that was all');
  for (const chat of [ann, bob]) {
    await hears(chat, 'that was all');
    for (const text of ['hello ann', 'said while away', 'missed by ann']) {
      assert.equal(await chat.page.locator('#said li', { hasText: text }).count(), 1, text);
    }
    assert.deepEqual(chat.complaints.filter((complaint) => complaint.startsWith('uncaught')), []);
  }
  console.log('ok');
} finally {
  for (const stop of stops) await stop();
}
