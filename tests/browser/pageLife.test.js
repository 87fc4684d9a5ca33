// The client over the life of a page, in a real browser: the back/forward cache, a reload, a duplicated tab. The server is the small one of the client's own tests.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { ReferenceServer } from '../../clients/js/test/referenceServer.js';
import { PATIENCE, PROGRAM, noBrowser } from './chatPage.js';

const CLIENT = new URL('../../clients/js/src/', import.meta.url);
const PAGE = (/** @type {string} */ url) => `<!doctype html><title>Page life</title><script type="module">
  import { AirlockClient } from '/client/index.js';
  const kept = JSON.parse(sessionStorage.getItem('transcript') ?? '[]');
  const page = window.page = { shown: [], adopted: [], seen: [], kept };
  addEventListener('pageshow', ({ persisted }) => page.shown.push(persisted));
  const client = page.client = new AirlockClient('${url}', { storage: sessionStorage });
  client.addEventListener('adopted', ({ detail }) => page.adopted.push(detail));
  client.addEventListener('message', ({ detail: { sequence, payload } }) => {
    page.seen.push(payload);
    sessionStorage.setItem('transcript', JSON.stringify([...JSON.parse(sessionStorage.getItem('transcript') ?? '[]'), [sequence, payload]]));
  });
</script>`;

describe('A page', { skip: noBrowser, timeout: PATIENCE }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {ReferenceServer} */
  let server;
  /** @type {import('node:http').Server} */
  let files;
  let address = '';

  before(async () => {
    server = await ReferenceServer.start(({ payload, send }) => send(`${payload} back`));
    files = createServer(async (request, response) => {
      const [, name] = /^\/client\/(\w+\.js)$/.exec(request.url ?? '') ?? [];
      response.setHeader('content-type', name ? 'text/javascript' : 'text/html');
      response.end(name ? await readFile(new URL(name, CLIENT)) : PAGE(server.url));
    }).listen(0, '127.0.0.1');
    await once(files, 'listening');
    address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (files.address()).port}`;
    // Playwright switches the cache off: it is what is looked at.
    browser = await chromium.launch({ executablePath: PROGRAM, ignoreDefaultArgs: ['--disable-back-forward-cache'], args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] });
  });
  after(async () => {
    await browser?.close();
    files?.close();
    await server?.stop();
  });

  /** Says something and waits for its answer. @param {import('playwright-core').Page} page @param {string} text */
  const say = (page, text) => page.evaluate(async (words) => {
    const { client, seen } = /** @type {any} */ (window).page;
    await client.send(words).done;
    while (!seen.includes(`${words} back`)) await new Promise((resolve) => client.addEventListener('message', () => setTimeout(resolve), { once: true }));
  }, text);

  /** @param {import('playwright-core').Page} page */
  const told = (page) => page.evaluate(() => {
    const { client, shown, adopted, seen } = /** @type {any} */ (window).page;
    return { shown, adopted, seen, state: client.state.name, final: client.state.final, cause: client.state.lastClose?.cause, transcript: JSON.parse(sessionStorage.getItem('transcript') ?? '[]') };
  });

  /** @param {import('playwright-core').Page} page */
  const ready = (page) => page.waitForFunction(() => /** @type {any} */ (window).page?.client.state.name === 'PROCESSING_READY', null, { timeout: PATIENCE });

  test('that comes back from the cache goes on where the page after it left', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${address}/first`);
    await say(page, 'one');
    await page.goto(`${address}/second`);
    await say(page, 'two');
    assert.equal((await told(page)).seen.includes('one back'), false, 'what a page handled is not given again');
    // A page from the cache is not loaded: it is there.
    await page.goBack({ waitUntil: 'commit' });
    await ready(page);
    const back = await told(page);
    assert.deepEqual(back.shown, [false, true], 'it came from the cache');
    assert.deepEqual(back.adopted.map(({ from, to }) => [from, to]), [[1, 2]]);
    await say(page, 'three');
    const { transcript, seen } = await told(page);
    assert.deepEqual(transcript, [[1, 'one back'], [2, 'two back'], [3, 'three back']]);
    assert.deepEqual(seen, ['one back', 'three back']);
    await page.reload();
    await say(page, 'four');
    assert.deepEqual((await told(page)).transcript.map(([s]) => s), [1, 2, 3, 4]);
    assert.deepEqual(server.violations, []);
    await context.close();
  });

  test('whose tab is duplicated is superseded, and is a client of its own when it is loaded again', async () => {
    const context = await browser.newContext();
    const first = await context.newPage();
    first.setDefaultTimeout(PATIENCE);
    await first.goto(`${address}/first`);
    await say(first, 'five');
    // A page that is opened by another has a copy of its storage, as a duplicated tab has.
    const [second] = await Promise.all([context.waitForEvent('page'), first.evaluate((url) => void window.open(url), `${address}/second`)]);
    second.setDefaultTimeout(PATIENCE);
    await ready(second);
    await first.waitForFunction(() => /** @type {any} */ (window).page.client.state.final, null, { timeout: PATIENCE });
    assert.equal((await told(first)).cause, 'superseded');
    await say(second, 'six');
    await first.reload();
    await say(first, 'seven');
    await say(second, 'eight');
    assert.deepEqual([(await told(first)).final, (await told(second)).final], [false, false]);
    const handled = server.committed.map(({ payload }) => payload);
    assert.deepEqual(handled, [...new Set(handled)]);
    assert.deepEqual(server.violations, []);
    await context.close();
  });
});
