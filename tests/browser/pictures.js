// Takes the pictures of the README from the real pages: node tests/browser/pictures.js [FOLDER], docs unless said otherwise. AIRLOCK_CROWD says how many connections the live view shows.

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RealServer } from '../peers/realServer.js';
import { ChatPage, launch } from './chatPage.js';
import { CuttingProxy } from './cuttingProxy.js';
import { CROWD, MovingConnections } from './movingConnections.js';

const FOLDER = process.argv[2] ? resolve(process.argv[2]) : fileURLToPath(new URL('../../docs/', import.meta.url));
const MANY = Number(process.env['AIRLOCK_CROWD'] ?? 500);

/** @type {(() => unknown)[]} */
const stops = [];
const owner = /** @type {import('node:test').TestContext} */ (/** @type {unknown} */ ({ after: (/** @type {() => unknown} */ stop) => stops.unshift(stop) }));
mkdirSync(FOLDER, { recursive: true });
const server = await RealServer.start(owner, { ...CROWD, Logging__LogLevel__Default: 'Warning', Logging__LogLevel__Microsoft: 'Warning', Agent__Pace: '00:00:00.02' });
const browser = await launch();
stops.unshift(() => browser.close());
try {
  await takeGoldenPath();
  await takeLiveView();
} finally {
  for (const stop of stops) await stop();
}

/** An answer that streams, over a connection that was cut in its middle and resumed. */
async function takeGoldenPath() {
  const proxy = await CuttingProxy.start(owner, server.port);
  const chat = await ChatPage.open(owner, browser, proxy.base, { viewport: { width: 1280, height: 880 } });
  await chat.signIn('Ada Lovelace');
  await chat.says('Ready');
  proxy.stopAt((_, answer) => answer.includes('|---'));
  await chat.ask('Where does my AI spend go?');
  await chat.page.locator('.markdown.draft').waitFor();
  // As much as fits.
  proxy.stopAt((_, answer) => /\| vision-1[^\n]*\n/.test(answer));
  await chat.page.click('#cut');
  await chat.page.locator('.connection .replayed').waitFor();
  await chat.page.locator('.exchange .markdown tbody tr').nth(2).waitFor();
  await chat.page.mouse.move(640, 30);
  await chat.page.screenshot({ path: join(FOLDER, 'golden-path.png') });
  await chat.page.close();
}

/** Many that move, and one of them in detail. */
async function takeLiveView() {
  const crowd = await MovingConnections.start(server.base, MANY);
  stops.unshift(() => crowd.stop());
  const live = await ChatPage.open(owner, browser, await server.printed(/Live view: (\S+)/, 1), { viewport: { width: 1280, height: 800 } });
  await crowd.until(MANY);
  crowd.move();
  await live.page.locator('#totals', { hasText: /[1-9]\d+ closed\/s/ }).waitFor();
  await live.page.locator('.row:not([aria-busy])').nth(6).click();
  await live.page.locator('#detail .timeline').waitFor();
  await live.page.mouse.move(640, 30);
  await live.page.screenshot({ path: join(FOLDER, 'live-view.png') });
}
