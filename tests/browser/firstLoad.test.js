// What a page costs and does to a reader: few requests, compressed, and nothing that is read moves when an answer ends.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RealServer } from '../peers/realServer.js';
import { ChatPage, launch, noBrowser } from './chatPage.js';

/** What counts as steady (web.dev/cls). */
const SHIFT_MAX = 0.1;

describe('The first load and what moves', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {RealServer} */
  let server;
  /** @type {(() => unknown)[]} */
  const stops = [];

  before(async () => {
    if (noBrowser) return;
    server = await RealServer.start({ after: (stop) => stops.push(stop) }, { Agent__Pace: '00:00:00.005' });
    browser = await launch();
    stops.unshift(() => browser.close());
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  for (const [name, path] of /** @type {const} */ ([['chat', '/'], ['live view', '/live'], ['causes', '/causes']])) {
    test(`a cold load of the ${name} is compressed and less than twelve requests`, { skip: noBrowser }, async (t) => {
      const chat = await ChatPage.open(t, browser, 'about:blank');
      const { page } = chat;
      /** @type {string[]} */
      const requests = [];
      /** @type {Promise<void>[]} */
      const plain = [];
      /** @type {string[]} */
      const uncompressed = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('websocket', (socket) => requests.push(socket.url()));
      page.on('response', (response) => plain.push((async () => {
        const { 'content-encoding': encoding, 'content-type': type = '' } = await response.allHeaders();
        if (/html|css|javascript|svg/.test(type) && !encoding) uncompressed.push(response.url());
      })()));
      await page.goto(server.base + path);
      if (path === '/') {
        await chat.signIn('Cold');
        await chat.says('Ready');
      } else {
        await page.waitForLoadState('networkidle');
      }
      await Promise.all(plain);
      assert.ok(requests.length > 3 && requests.length < 12, requests.join('\n'));
      assert.deepEqual(uncompressed, []);
      assert.deepEqual(chat.complaints.filter((complaint) => !complaint.includes('401')), []);
    });
  }

  for (const viewport of [{ width: 390, height: 844 }, { width: 360, height: 640 }, { width: 1280, height: 860 }]) {
    test(`nothing moves under a reader while an answer comes and when it ends: ${viewport.width}×${viewport.height}`, { skip: noBrowser }, async (t) => {
      const chat = await ChatPage.open(t, browser, server.base, { viewport, isMobile: viewport.width < 700, hasTouch: viewport.width < 700 });
      const { page } = chat;
      await chat.signIn(`Still ${viewport.width} ${viewport.height}`);
      await chat.says('Ready');
      const shifts = await page.evaluateHandle(() => {
        // Cumulative Layout Shift as browsers define it: shifts less than a second apart and within five seconds are one burst, and the largest burst counts.
        const seen = { largest: 0, burst: 0, begun: 0, last: 0, worst: /** @type {string[]} */ ([]) };
        new PerformanceObserver((list) => {
          for (const entry of /** @type {any[]} */ (list.getEntries())) {
            if (entry.hadRecentInput) continue;
            const goesOn = entry.startTime - seen.last < 1000 && entry.startTime - seen.begun < 5000;
            if (!goesOn) seen.begun = entry.startTime;
            seen.burst = (goesOn ? seen.burst : 0) + entry.value;
            seen.last = entry.startTime;
            seen.largest = Math.max(seen.largest, seen.burst);
            seen.worst.push(`${entry.value.toFixed(4)} ${entry.sources.map((/** @type {any} */ source) => source.node?.id || source.node?.className || source.node?.nodeName).join(' ')}`);
          }
        }).observe({ type: 'layout-shift' });
        return seen;
      });
      for (const question of ['Where does my AI spend go?', 'Find savings', 'And by day?']) {
        await chat.ask(question);
        await chat.settled();
        // A frame that is painted tells its shifts.
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        const { largest, worst } = await shifts.jsonValue();
        assert.ok(largest < SHIFT_MAX, `${question}: ${largest}\n${worst.join('\n')}`);
      }
      // A reader who has gone up to read is not moved either, whatever comes below.
      await page.locator('#transcript').evaluate((transcript) => { transcript.scrollTop = 200; });
      await chat.ask('Find savings');
      await chat.settled();
      assert.ok((await shifts.jsonValue()).largest < SHIFT_MAX);
      assert.deepEqual(chat.complaints, []);
    });
  }
});
