// The golden path in a real browser against the real server: sign in, watch it get ready, ask, break everything, lose nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { RealServer } from '../peers/realServer.js';
import { ChatPage, PATIENCE, launch, noBrowser } from './chatPage.js';
import { CuttingProxy } from './cuttingProxy.js';

const QUESTION = 'Where does my AI spend go?';
/** The middle of an answer: its first table has a row. @type {import('./serverMessages.js').StopsAt} */
const MIDDLE = (_, answer) => /\n\|[-:| ]+\|\n\|[^\n]+\|\n/.test(answer);
const PHASES = ['CONNECTING', 'ACCEPTED', 'AUTHENTICATED', 'SERVICES_READY', 'PROCESSING_READY'];

describe('The chat page', { concurrency: 3 }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {RealServer} */
  let server;
  /** One whose answers take a minute, for whoever stops them. @type {RealServer} */
  let slow;
  /** @type {(() => unknown)[]} */
  const stops = [];

  before(async () => {
    if (noBrowser) return;
    const owner = { after: (/** @type {() => unknown} */ stop) => stops.push(stop) };
    [server, slow] = await Promise.all([RealServer.start(owner, { Agent__Pace: '00:00:00.015' }), RealServer.start(owner, { Agent__Pace: '00:00:01' })]);
    browser = await launch();
    stops.unshift(() => browser.close());
  });
  after(async () => {
    for (const stop of stops) await stop();
  });

  test('signs in, shows the phases, asks and shows the five events and the answer', { skip: noBrowser }, async (t) => {
    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    await chat.shoot('signed-out');
    await chat.page.click('#sign-in-button');
    await chat.says('Ready');
    assert.deepEqual(await chat.page.locator('.phase .name').allTextContents(), PHASES);
    assert.deepEqual(await chat.page.locator('.phase').evaluateAll((rows) => rows.map((row) => row.dataset.progress)), PHASES.map(() => 'done'));
    for (const took of (await chat.page.locator('.phase .took').allTextContents()).slice(0, 4)) assert.match(took, /^(<1|\d+(\.\d+)?) m?s$/);
    await chat.shoot('empty');

    proxy.stopAt(MIDDLE);
    await chat.page.getByRole('button', { name: QUESTION }).click();
    await chat.inTheMiddle();
    assert.equal(await chat.page.locator('.markdown.draft').count(), 1, 'what streams looks provisional');
    await chat.shoot('streaming');
    proxy.goOn();
    await chat.settled();
    assert.equal(await chat.page.locator('.markdown.draft').count(), 0, 'what is committed does not');
    const { text, steps } = await chat.lastAnswer();
    assert.match(steps.join('\n'), /step-started started [^]*step-thinking thinking [^]*step-tool ok load_usage[^]*step-tool ok cost_by_model/);
    assert.match(await chat.page.locator('.exchange:last-child .trace summary').innerText(), /^Completed in .+ steps/);
    assert.match(text, /By model/);
    assert.match(text, /\$454\.18/);
    await chat.shoot('answered');
    assert.deepEqual(chat.complaints, []);
  });

  test('resumes a connection that was destroyed in the middle of an answer, and loses nothing', { skip: noBrowser }, async (t) => {
    const calm = await ChatPage.open(t, browser, server.base);
    await calm.signIn('Calm');
    await calm.ask(QUESTION);
    await calm.settled();

    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    await chat.signIn('Cut');
    await chat.says('Ready');
    proxy.stopAt(({ b }) => b?.type === 'tool_executing');
    await chat.ask(QUESTION);
    await chat.page.locator('.step-tool').first().waitFor();
    proxy.stopAt(MIDDLE);
    proxy.cut();
    await chat.inTheMiddle();
    proxy.hold();
    proxy.cut();
    await chat.says(/Reconnecting|lost/);
    await chat.shoot('cut');
    proxy.free();
    await chat.settled();
    assert.ok(proxy.cuts >= 2, 'the connection was destroyed twice');
    assert.deepEqual(await chat.lastAnswer(), await calm.lastAnswer());
    assert.equal(await chat.page.locator('.exchange').count(), 1);
    const [last, ...earlier] = await chat.connections();
    assert.match(last ?? '', /Resumed in .*While you were away: \d+ parts? replayed/);
    assert.ok(earlier.some((text) => text.includes('The transport ended without a close frame.')));
    await chat.page.locator('.connection summary').first().click();
    await chat.shoot('resumed');
  });

  test('resumes after a reload in the middle of an answer', { skip: noBrowser }, async (t) => {
    const calm = await ChatPage.open(t, browser, server.base);
    await calm.signIn('Calm');
    await calm.page.locator('.exchange[data-status="done"]').waitFor();

    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    await chat.signIn('Reload');
    proxy.stopAt(MIDDLE);
    await chat.ask(QUESTION);
    await chat.inTheMiddle();
    await chat.page.reload();
    await chat.settled();
    assert.equal((await chat.lastAnswer()).text, (await calm.lastAnswer()).text);
    assert.match((await chat.connections())[0] ?? '', /Resumed/);
    assert.deepEqual(chat.complaints, []);
  });

  test('stops an answer with the button, which keeps what was written', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, browser, slow.base);
    await chat.signIn('Stop');
    await chat.ask('Hello');
    await chat.begun();
    await chat.page.getByRole('button', { name: 'Stop' }).click();
    await chat.settled('stopped');
    const { text, steps } = await chat.lastAnswer();
    assert.match(text, /^Hello!/);
    assert.match(steps.at(-1) ?? '', /Stopped by you/);
    assert.equal(await chat.page.getByRole('button', { name: 'Stop' }).count(), 0);
    await chat.shoot('stopped');

    await chat.ask('Hello');
    await chat.begun();
  });

  test('answers although the tab was closed: another tab has it in its history', { skip: noBrowser }, async (t) => {
    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    await chat.signIn('Closed');
    await chat.says('Ready');
    const other = new ChatPage(await chat.page.context().newPage());
    await other.page.goto(server.base);
    await other.says('Ready');
    proxy.stopAt(MIDDLE);
    await chat.ask(QUESTION);
    await chat.inTheMiddle();
    await chat.page.close();
    await other.settled();
    assert.match((await other.lastAnswer()).text, /\$454\.18/);
    assert.deepEqual(other.complaints, []);
  });

  test('can be used by keyboard alone', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, browser, slow.base);
    const { page } = chat;
    await page.locator('#sign-in-button:focus').waitFor();
    await page.keyboard.press('Enter');
    await chat.says('Ready');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'composer-text', 'one may write at once');
    await page.keyboard.type('Hello');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('please');
    await page.keyboard.press('Enter');
    await chat.begun();
    await page.keyboard.press('Escape');
    await chat.settled('stopped');
    assert.equal(await page.locator('.question-text').last().textContent(), 'Hello\nplease');

    // Round the page with Tab: everything that can be pressed is reached, and where one is can be seen.
    const reached = new Set();
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      const { name, isSeen } = await page.evaluate(() => {
        const focused = document.activeElement;
        const style = focused && getComputedStyle(focused.matches('textarea, input[type=file]') ? /** @type {Element} */ (focused.closest('.composer, .attach')) : focused);
        return { name: focused?.id || focused?.textContent?.trim() || focused?.tagName, isSeen: focused === document.body || style?.outlineStyle !== 'none' || style?.boxShadow !== 'none' };
      });
      assert.ok(isSeen, `${name} shows that it has the focus`);
      reached.add(name);
    }
    for (const id of ['theme', 'sign-out', 'transcript', 'file', 'composer-text', 'cut', 'stall', 'second-tab']) assert.ok(reached.has(id), `${id} is reached: ${[...reached].join(', ')}`);

    await page.locator('#theme').focus();
    const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.keyboard.press('Enter');
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), before, 'the theme was switched');
  });

  test('keeps what is asked before the connection is ready', { skip: noBrowser }, async (t) => {
    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    proxy.hold();
    await chat.signIn('Early');
    await chat.ask(QUESTION);
    await chat.settled('queued');
    assert.match(await chat.page.locator('.exchange .status-text').innerText(), /^Queued/);
    await chat.shoot('queued');
    proxy.free();
    await chat.settled();
    assert.match((await chat.lastAnswer()).text, /\$454\.18/);
  });

  test('cuts and stalls the connection with its own buttons', { skip: noBrowser }, async (t) => {
    const proxy = await CuttingProxy.start(t, server.port);
    const chat = await ChatPage.open(t, browser, proxy.base);
    await chat.signIn('Trouble');
    proxy.stopAt(MIDDLE);
    await chat.ask(QUESTION);
    await chat.inTheMiddle();
    const said = await chat.willSay('Cut');
    await chat.page.click('#cut');
    await said();
    await chat.settled();
    assert.match((await chat.connections()).join('\n'), /Resumed in .*replayed/);
    const cut = await chat.lastAnswer();

    proxy.stopAt(MIDDLE);
    await chat.ask(QUESTION);
    await chat.inTheMiddle();
    const stall = chat.page.locator('#stall');
    const stalled = await chat.willSay('Stalled');
    await stall.click();
    await stalled();
    const held = await chat.lastAnswer();
    const arrived = chat.arrives('"answer_delta"');
    proxy.goOn();
    await arrived;
    const later = await chat.lastAnswer();
    // A stall ends by itself. Who was too slow to look in time has seen nothing, and may not press again.
    if (await stall.getAttribute('aria-pressed') === 'true') {
      assert.deepEqual(later, held, 'nothing passes');
      await stall.click();
    }
    await chat.settled();
    assert.equal((await chat.lastAnswer()).text, cut.text);
    assert.equal((await chat.connections()).length, 2, 'a stall is no cut');
  });

  test('tells a tab whose copy took over, and goes on there on demand', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, browser, server.base);
    await chat.signIn('Copy');
    await chat.ask('Find savings');
    await chat.settled();
    await chat.page.locator('#next button').first().waitFor();
    const copy = new ChatPage(await chat.page.context().newPage());
    const storage = await chat.page.evaluate(() => ({ ...sessionStorage }));
    await copy.page.addInitScript((entries) => {
      if (sessionStorage.length === 0) for (const [key, value] of Object.entries(entries)) sessionStorage.setItem(key, value);
    }, storage);
    await copy.page.goto(server.base);
    await copy.says('Ready');
    await chat.page.getByRole('button', { name: 'Use it here' }).waitFor();
    await chat.shoot('opened-elsewhere');
    await chat.page.getByRole('button', { name: 'Use it here' }).click();
    await chat.says('Ready');
    await chat.ask('Cost by day');
    await chat.settled();
    await copy.page.locator('.exchange:nth-child(2)[data-status="done"]').waitFor();
    assert.equal((await copy.lastAnswer()).text, (await chat.lastAnswer()).text, 'the copy has it by way of the history');
  });

  test('opens a second tab with a session of its own: both go on, and neither takes over', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, browser, server.base);
    await chat.signIn('Two tabs');
    await chat.ask('Hello');
    await chat.settled();
    const opened = chat.page.context().waitForEvent('page', { timeout: PATIENCE });
    await chat.page.click('#second-tab');
    const second = new ChatPage(await opened);
    await second.says('Ready');
    assert.equal(await second.page.evaluate(() => window.opener), null);
    await Promise.all([chat.ask('Cost by day'), second.ask('Find savings')]);
    for (const tab of [chat, second]) {
      // Its own answer, and the other's by way of the history.
      await tab.page.locator('.exchange[data-status="done"]').nth(2).waitFor();
      assert.deepEqual((await tab.page.locator('.question-text').allTextContents()).sort(), ['Cost by day', 'Find savings', 'Hello']);
      assert.equal((await tab.connections()).length, 1, 'the connection that it began with');
      assert.equal(await tab.page.getByRole('button', { name: 'Use it here' }).count(), 0);
      await tab.says('Ready');
      assert.deepEqual(tab.complaints, []);
    }
    assert.equal(new Set([...chat.sessions, ...second.sessions]).size, 2);
  });

  test('waits for a slow service, then tells what went wrong with the agent and what to do', { skip: noBrowser }, async (t) => {
    let isUp = false;
    const model = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.statusCode = isUp && request.url?.endsWith('/models') ? 200 : 503;
      response.end('{"object":"list","data":[]}');
    });
    model.listen(0, '127.0.0.1');
    await once(model, 'listening');
    t.after(() => model.close());
    const { port } = /** @type {import('node:net').AddressInfo} */ (model.address());
    const waiting = await RealServer.start(t, { Agent__Endpoint: `http://127.0.0.1:${port}/v1`, Agent__Model: 'm', Agent__ApiKey: 'k' });
    const chat = await ChatPage.open(t, browser, waiting.base);
    await chat.signIn('Slow');
    await chat.says('Waiting for agent');
    await chat.page.locator('#gates li[data-state="waiting"], #gates li[data-state="failed"]').waitFor();
    await chat.ask('Hello');
    await chat.settled('queued');
    await chat.shoot('waiting-for-a-gate');
    isUp = true;
    await chat.settled('failed');
    assert.match(await chat.page.locator('#gates').innerText(), /agent\s+opened after/);
    assert.ok((await chat.page.locator('.problem p').allTextContents()).every((text) => text.length > 5), 'what happened, and what to do');
    await chat.page.getByRole('button', { name: 'Ask again' }).waitFor();
    await chat.shoot('agent-error');
  });

  test('signs out and forgets', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, browser, server.base);
    await chat.signIn('Leaving');
    await chat.ask('Hello');
    await chat.settled();
    await chat.page.click('#sign-out');
    await chat.page.locator('#sign-in').waitFor();
    assert.deepEqual(await chat.page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('airlock-page:') || key.includes('position'))), []);
    await chat.page.reload();
    await chat.page.locator('#sign-in').waitFor();
    assert.deepEqual(chat.complaints, []);
  });
});
