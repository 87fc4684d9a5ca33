// What a page costs and does to a reader: few requests, compressed, and nothing that is read moves when an answer ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChatPage, noBrowser } from './chatPage.js';
import { SHIFT_MAX, watchShifts } from './layoutShift.js';
import { Stage } from './stage.js';

describe('The first load and what moves', () => {
  const stage = new Stage({ Agent__Pace: '00:00:00.005' });

  for (const [name, path] of /** @type {const} */ ([['chat', '/'], ['live view', '/live'], ['causes', '/causes']])) {
    test(`a cold load of the ${name} is compressed and less than twelve requests`, { skip: noBrowser }, async (t) => {
      const chat = await ChatPage.open(t, stage.browser, 'about:blank');
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
      await page.goto(stage.server.base + path);
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
      const chat = await ChatPage.open(t, stage.browser, stage.server.base, { viewport, isMobile: viewport.width < 700, hasTouch: viewport.width < 700 });
      const { page } = chat;
      await chat.signIn(`Still ${viewport.width} ${viewport.height}`);
      await chat.says('Ready');
      const shifts = await watchShifts(page);
      for (const question of ['Where does my AI spend go?', 'Find savings', 'And by day?']) {
        await chat.ask(question);
        await chat.settled();
        const { largest, worst } = await shifts();
        assert.ok(largest < SHIFT_MAX, `${question}: ${largest}\n${worst.join('\n')}`);
      }
      // A reader who has gone up to read is not moved either, whatever comes below.
      await page.locator('#transcript').evaluate((transcript) => { transcript.scrollTop = 200; });
      await chat.ask('Find savings');
      await chat.settled();
      assert.ok((await shifts()).largest < SHIFT_MAX);
      assert.deepEqual(chat.complaints, []);
    });
  }
});
