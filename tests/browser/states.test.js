// Every state that a page can be in, not only the good ones: nothing for an audit to find, on a phone and a desktop, light and dark.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChatPage, noBrowser } from './chatPage.js';
import { CuttingProxy } from './cuttingProxy.js';
import { checkPage } from './pageAudit.js';
import { ScriptedServer } from './scriptedServer.js';
import { Stage } from './stage.js';

const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const STARTED = { type: 'agent_started', agent_name: 'Cost analyst', run_id: 'run', timestamp: '2026-11-23T12:00:00Z' };
const WORK = [
  STARTED,
  { type: 'agent_thinking', text: 'Which models cost most?', timestamp: '2026-11-23T12:00:01Z' },
  { type: 'tool_executing', tool: 'load_usage', call_id: '1', timestamp: '2026-11-23T12:00:02Z' },
  { type: 'tool_completed', call_id: '1', ok: true, summary: '78 rows', timestamp: '2026-11-23T12:00:03Z' },
  { type: 'tool_executing', tool: 'cost_by_model', call_id: '2', timestamp: '2026-11-23T12:00:04Z' },
];
const ANSWER = '## By model\n\n| Model | Cost |\n|---|---:|\n| large | $454.18 |\n| small | $12.00 |\n\nSee [the list](https://example.org/) and `cost_by_day`.\n\n> Prices of November.\n\n1. One\n2. Two\n';

/** @typedef {{ chat: ChatPage, page: import('playwright-core').Page, script: ScriptedServer }} Scene */

/** Asks, and has the first half of an answer come. @param {Scene} scene @param {string} [question] */
async function halfAnswered({ chat, script }, question = 'Where does my AI spend go?') {
  await chat.ask(question);
  const { s } = await script.asked();
  for (const step of WORK) script.part(s, 1, step);
  script.part(s, 1, { type: 'answer_delta', text: ANSWER });
  await chat.begun();
  return s;
}

/** Asks, and has the whole answer come. @param {Scene} scene @param {string} [question] */
async function answered(scene, question) {
  const s = await halfAnswered(scene, question);
  scene.script.part(s, 1, { type: 'agent_completed', text: ANSWER, timestamp: '2026-11-23T12:00:09Z' }, false);
  scene.script.say({ t: 'end', re: s, try: 1 });
  scene.script.done(s);
  await scene.chat.settled();
}

/** Signed in, and ready unless the script says otherwise. @param {Scene} scene */
async function ready({ chat, script }) {
  await chat.signIn('Ada');
  if (script.upTo === 'ready') await chat.says('Ready');
}

/** @type {Record<string, (scene: Scene) => Promise<unknown>>} */
const STATES = {
  'signed out': async ({ page }) => page.locator('#sign-in-button').waitFor(),
  'a sign-in that was refused': async ({ page }) => {
    await page.fill('#name', ' ');
    await page.click('#sign-in-button');
    await page.locator('#sign-in-problem:not([hidden])').waitFor();
  },
  'a sign-in that did not reach the server': async ({ chat, page }) => {
    await page.route('**/auth/sign-in', (route) => route.abort());
    await chat.signIn('Ada');
    await page.locator('#sign-in-problem', { hasText: 'cannot be reached' }).waitFor();
  },
  'a token that is none': async ({ page }) => {
    await page.route('**/auth/info', (route) => route.fulfill({ json: { mode: 'oidc', authority: 'https://issuer.example.org/a/very/long/path/of/an/authority', user: null } }));
    await page.reload();
    await page.fill('#token', 'none');
    await page.click('#sign-in-button');
    await page.locator('#sign-in-problem', { hasText: 'not a token' }).waitFor();
  },
  'a server that cannot be reached': async ({ page }) => {
    await page.route('**/auth/info', (route) => route.abort());
    await page.reload();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  },
  'no question yet': ready,
  'a connection on its way': async (scene) => {
    scene.script.upTo = 'open';
    await ready(scene);
    await scene.chat.says('Checking who you are');
  },
  'a service that is waited for, and a question that waits': async (scene) => {
    scene.script.upTo = 'authed';
    await ready(scene);
    await scene.chat.says('Waiting for services');
    scene.script.say({ t: 'gate', name: 'agent', required: true, state: 'waiting', elapsed: 40, deadline: 30_000, retryAfter: null });
    scene.script.say({ t: 'gate', name: 'history', required: false, state: 'failed', elapsed: 40, deadline: 30_000, retryAfter: null });
    await scene.page.locator('#gates li[data-state="failed"]').waitFor();
    await scene.chat.ask('Find savings');
    await scene.chat.settled('queued');
  },
  'a service that is down': async (scene) => {
    await ready(scene);
    scene.script.say({ t: 'gate', name: 'agent', required: true, state: 'failed', elapsed: 0, deadline: null, retryAfter: null });
    await scene.chat.says('is down');
  },
  'a question that was sent': async (scene) => {
    await ready(scene);
    await scene.chat.ask('Find savings');
    await scene.script.asked();
    await scene.chat.settled('sent');
  },
  'an answer that comes, and the next question': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    await scene.chat.ask('And by day?');
  },
  'an answer': async (scene) => {
    await ready(scene);
    await answered(scene);
    await answered(scene, 'Find savings');
    await scene.page.locator('.trace summary').first().click();
  },
  'a try that failed': async (scene) => {
    await ready(scene);
    const s = await halfAnswered(scene);
    scene.script.say({ t: 'void', re: s, try: 1 });
    await scene.page.locator('.note', { hasText: 'withdrawn' }).waitFor();
  },
  'an answer that failed': async (scene) => {
    await ready(scene);
    const s = await halfAnswered(scene);
    scene.script.part(s, 1, { type: 'tool_completed', call_id: '2', ok: false, summary: 'no such file', timestamp: '2026-11-23T12:00:05Z' });
    scene.script.part(s, 1, { type: 'agent_error', message: 'The model did not answer within a minute.', action: 'Ask again in a moment.', timestamp: '2026-11-23T12:00:06Z' }, false);
    scene.script.say({ t: 'end', re: s, try: 1 });
    scene.script.done(s);
    await scene.chat.settled('failed');
    await scene.page.getByRole('button', { name: 'Ask again' }).waitFor();
  },
  'a question that was refused': async (scene) => {
    await ready(scene);
    await scene.chat.ask('Find savings');
    const { s } = await scene.script.asked();
    scene.script.say({ t: 'nack', re: s, cause: 'handler_failed' });
    scene.script.done(s);
    await scene.chat.settled('failed');
  },
  'a question that another tab has': async (scene) => {
    await ready(scene);
    await scene.chat.ask('Find savings');
    const { s } = await scene.script.asked();
    scene.script.say({ t: 'nack', re: s, cause: 'duplicate', status: 'done' });
    await scene.chat.settled('unknown');
  },
  'an answer that is being stopped': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    await scene.page.getByRole('button', { name: 'Stop' }).click();
    await scene.page.locator('.exchange .status-text', { hasText: 'Stopping' }).waitFor();
  },
  'an answer that was stopped': async (scene) => {
    await ready(scene);
    const s = await halfAnswered(scene);
    await scene.page.getByRole('button', { name: 'Stop' }).click();
    scene.script.say({ t: 'end', re: s, try: 1, stopped: true });
    scene.script.done(s);
    await scene.chat.settled('stopped');
  },
  'a file that is attached, and one that is none': async (scene) => {
    await ready(scene);
    await scene.page.setInputFiles('#file', { name: `${'a-very-long-name-'.repeat(8)}.csv`, mimeType: 'text/csv', buffer: Buffer.from('date,model,input_tokens,output_tokens,cost_usd\n2026-01-01,tiny,10,5,1.25\n') });
    await scene.page.locator('#attached:not([hidden])').waitFor();
    await scene.page.setInputFiles('#file', { name: 'cat.csv', mimeType: 'text/csv', buffer: Buffer.from('meow') });
    await scene.page.locator('#composer-problem:not([hidden])').waitFor();
  },
  'a connection that was lost in an answer': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    scene.script.isThere = false;
    scene.script.cut();
    await scene.chat.says(/Lost|Reconnecting/);
    await scene.page.locator('.away').waitFor();
    await scene.page.locator('.connection summary').first().evaluate((summary) => /** @type {HTMLElement} */ (summary).click());
  },
  'a connection that was resumed': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    scene.script.cut();
    await scene.page.locator('.connection', { hasText: 'Resumed' }).waitFor({ state: 'attached' });
    for (const summary of await scene.page.locator('.connection summary').all()) await summary.evaluate((one) => /** @type {HTMLElement} */ (one).click());
  },
  'a server that goes away': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    scene.script.say({ t: 'drain', delay: 60_000, by: Date.now() + 120_000 });
    await scene.chat.says('Moving');
  },
  'a network that is stalled': async (scene) => {
    await ready(scene);
    await halfAnswered(scene);
    await scene.page.locator('#stall').evaluate((button) => /** @type {HTMLElement} */ (button).click());
    await scene.chat.says('Stalled');
  },
  'a page that may not store': async (scene) => {
    await ready(scene);
    await scene.page.evaluate(() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; });
    await scene.chat.ask('Find savings');
    await scene.page.locator('#notice', { hasText: 'A reload will not resume' }).waitFor();
  },
  ...Object.fromEntries([
    ['superseded', 4031, 'Opened elsewhere'], ['token_invalid', 4023, 'The token is not accepted here'], ['forbidden', 4026, 'You may not use this chat'],
    ['origin_refused', 4027, 'This address is not allowed'], ['sequence_gap', 4011, 'The connection ended'],
  ].map(([cause, code, title]) => [`refused: ${cause}`, async (/** @type {Scene} */ scene) => {
    await ready(scene);
    await halfAnswered(scene);
    scene.script.close(Number(code), String(cause));
    await scene.page.locator('#notice', { hasText: String(title) }).waitFor();
    await scene.chat.says('Not connected');
  }])),
};

/** On a phone and a desktop, light and dark. @param {ChatPage} chat @param {string} name */
async function audit(chat, name) {
  const { page } = chat;
  for (const viewport of [DESKTOP, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.emulateMedia({ colorScheme });
      const where = `${name}, ${viewport.width}, ${colorScheme}`;
      if ((colorScheme === 'light') === (viewport === DESKTOP)) await chat.shoot(`states/${where}`);
      await checkPage(chat, where);
    }
  }
}

describe('Every state of the pages', { concurrency: 2 }, () => {
  const stage = new Stage();

  for (const [name, bring] of Object.entries(STATES)) {
    test(`can be used by everyone: ${name}`, { skip: noBrowser }, async (t) => {
      const chat = await ChatPage.open(t, stage.browser, 'about:blank', { viewport: DESKTOP });
      const { page } = chat;
      const script = await ScriptedServer.on(page);
      await page.goto(stage.server.base);
      await bring({ chat, page, script });
      await audit(chat, name);
      // On a phone the connection has a panel of its own.
      if (await page.locator('#strip').isVisible()) {
        await page.click('#strip');
        await chat.shoot(`states/${name}, panel`);
        await checkPage(chat, `${name}, panel`);
      }
      assert.deepEqual(chat.complaints.filter((complaint) => !/net::ERR_FAILED|400 \(Bad Request\)/.test(complaint)), []);
    });
  }

  test('can be used by everyone: the live view and the causes', { skip: noBrowser }, async (t) => {
    const proxy = await CuttingProxy.start(t, stage.server.port);
    const live = await ChatPage.open(t, stage.browser, 'about:blank', { viewport: DESKTOP });
    const { page } = live;
    await page.goto(`${proxy.base}live`);
    await page.locator('#gate-text', { hasText: 'not signed in' }).waitFor();
    await audit(live, 'live view, refused');
    const key = new URL(await stage.server.printed(/Live view: (\S+)/, 1)).hash;
    await page.route('**/live/sign-in', (route) => route.abort(), { times: 1 });
    await page.goto('about:blank');
    await page.goto(`${proxy.base}live${key}`);
    await page.locator('#gate-title', { hasText: 'cannot be reached' }).waitFor();
    await audit(live, 'live view, server not reached');
    await page.goto('about:blank');
    await page.goto(`${proxy.base}live${key}`);
    await live.says('Live');
    await page.locator('.row:not([aria-busy])').first().waitFor();
    await audit(live, 'live view, a row');
    await page.fill('#user', 'nobody is called so');
    await page.locator('#empty:not([hidden])').waitFor();
    await audit(live, 'live view, no row');
    await page.click('#clear');
    await page.locator('.row:not([aria-busy])').first().click();
    await page.locator('#detail .timeline').waitFor();
    await audit(live, 'live view, detail');
    proxy.hold();
    proxy.cut();
    await live.says('Reconnecting; as of');
    await audit(live, 'live view, reconnecting');
    proxy.free();
    await live.says('Live');
    await page.goto(`${proxy.base}causes`);
    await page.locator('.cause').first().waitFor();
    await audit(live, 'causes');
  });
});
