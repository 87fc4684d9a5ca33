// The live view in a real browser against the real server: who gets in, what is seen of a connection from its start to after its end, and of many that move.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ModelEndpoint } from '../peers/modelEndpoint.js';
import { RealServer } from '../peers/realServer.js';
import { ChatPage, launch, noBrowser } from './chatPage.js';
import { CuttingProxy } from './cuttingProxy.js';
import { CROWD, MovingConnections } from './movingConnections.js';
import { checkPage } from './pageAudit.js';

/** How many move: AIRLOCK_CROWD=1000 for pictures and for a long look. */
const MANY = Number(process.env['AIRLOCK_CROWD'] ?? 120);

/** Many connections say much; what is secret is looked for in the other tests' logs. */
const TACITURN = { Logging__LogLevel__Default: 'Warning', 'Logging__LogLevel__Microsoft.Extensions.Hosting': 'Debug', 'Logging__LogLevel__Microsoft.Hosting.Lifetime': 'Information' };

/** A click on what moves meanwhile, by its text. @param {ChatPage} live @param {string} text */
const row = ({ page }, text) => page.locator('.row', { hasText: text });

describe('The live view', { concurrency: 3 }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {RealServer} */
  let server;
  /** @type {(() => unknown)[]} */
  const stops = [];
  const owner = { after: (/** @type {() => unknown} */ stop) => stops.push(stop) };

  before(async () => {
    if (noBrowser) return;
    browser = await launch();
    server = await RealServer.start(owner);
  });
  after(async () => {
    await browser?.close();
    await Promise.all(stops.map((stop) => stop()));
  });

  /** Opens the link that the server printed. @param {import('node:test').TestContext} t @param {RealServer} server */
  async function open(t, server) {
    const live = await ChatPage.open(t, browser, await server.printed(/Live view: (\S+)/, 1));
    await live.page.locator('#view').waitFor();
    await live.says('Live');
    return live;
  }

  test('one link lets one administrator in, and everybody else sees nothing', { skip: noBrowser }, async (t) => {
    const stranger = await ChatPage.open(t, browser, `${server.base}/live`);
    await stranger.page.locator('#gate-text', { hasText: 'not signed in' }).waitFor();
    assert.equal((await stranger.page.request.get(`${server.base}/live`)).status(), 401);
    await stranger.shoot('live-refused');
    await checkPage(stranger, 'refused');
    assert.equal(await stranger.page.locator('.row, .check, .cause').count(), 0);

    const live = await open(t, server);
    assert.equal(live.page.url(), `${server.base}/live`, 'the key does not stay in the address');
    assert.equal((await live.page.request.get(`${server.base}/live`)).status(), 200);
    const link = await server.printed(/Live view: (\S+)/, 1);
    const late = await ChatPage.open(t, browser, link);
    await late.page.locator('#gate-title', { hasText: 'The link cannot be used' }).waitFor();
    assert.equal(await late.page.locator('#view').isHidden(), true);

    await live.page.reload();
    await live.says('Live');
    await live.page.goto('about:blank');
    await live.page.goto(link);
    await live.says('Live');
    await live.page.click('#sign-out');
    await live.page.locator('#gate-title', { hasText: 'Signed out' }).waitFor();
    await live.page.click('#gate-again');
    await live.page.locator('#gate-text', { hasText: 'not signed in' }).waitFor();
    assert.deepEqual([stranger, live, late].flatMap(({ complaints }) => complaints.filter((complaint) => !complaint.includes('401'))), []);
  });

  test('a connection is watched waiting for a gate, at work, and after its end', { skip: noBrowser }, async (t) => {
    const model = await ModelEndpoint.reserve();
    const server = await RealServer.start(owner, { ...model.settings, Airlock__GateIntervalClosed: '00:00:00.1' });
    const live = await open(t, server);
    await live.page.locator('.check[data-tone="bad"]', { hasText: 'agent' }).waitFor();

    const chat = await ChatPage.open(t, browser, server.base);
    await chat.signIn('Watched');
    await row(live, 'Watched').locator('text=AUTHENTICATED').waitFor();
    await row(live, 'Watched').click();
    const detail = live.page.locator('#detail');
    await detail.locator('.facts', { hasText: 'gates down' }).waitFor();
    assert.match(await detail.locator('.timeline').getAttribute('aria-label') ?? '', /^Timeline: CONNECTING .+, ACCEPTED .+, AUTHENTICATED .+ so far$/);

    await model.start(t);
    await chat.says('Ready');
    await row(live, 'Watched').locator('text=PROCESSING_READY').waitFor();
    await live.page.locator('.check[data-tone="good"] code', { hasText: /^agent$/ }).waitFor({ state: 'attached' });
    await chat.ask('What did I spend?');
    await chat.settled();
    await detail.locator('.position-text', { hasText: /^(\d+) of \1 handled$/ }).first().waitFor();
    await detail.locator('.record', { hasText: 'Attached to the session' }).waitFor();
    await live.shoot('live-detail');
    await checkPage(live, 'detail');

    await chat.page.close();
    await detail.locator('.facts', { hasText: /closed\s*\d+ / }).waitFor();
    await detail.locator('.mark-at[data-kind="end"]').first().waitFor({ state: 'attached' });
    await detail.locator('.icon-button').press('Escape');
    await live.page.locator('#overview').waitFor();
    await live.page.locator('.cause-button').first().click();
    await row(live, 'Watched').waitFor();
    assert.match(await row(live, 'Watched').locator('.row-why').innerText(), /^(client_closed|transport_lost)$/);

    const about = await live.page.locator('.cause-foot a').first().getAttribute('href');
    await live.page.goto(`${server.base}${about}`);
    await live.page.locator(`.cause:target`, { hasText: 'The operator' }).waitFor();
    await checkPage(live, 'causes');
    assert.deepEqual(live.complaints.filter((complaint) => !complaint.includes('401')), []);
  });

  test('many that move: a list of which only what is visible is there, by pointer and keyboard, on every screen', { skip: noBrowser }, async (t) => {
    const server = await RealServer.start(owner, { ...CROWD, ...TACITURN });
    const crowd = await MovingConnections.start(server.base, MANY);
    t.after(() => crowd.stop());
    const live = await open(t, server);
    const { page } = live;
    await crowd.until(MANY);
    await page.locator('.lane[data-state="PROCESSING_READY"] .lane-count', { hasText: (MANY + 1).toLocaleString('en') }).waitFor();
    assert.ok(await page.locator('.row').count() < 60, 'only what is visible is in the document');
    assert.ok(await page.locator('.rows').evaluate((rows, many) => rows.scrollHeight > many * 40, MANY), 'and yet all can be scrolled to');
    await checkPage(live, 'light');
    crowd.move();
    await page.locator('.cause').first().waitFor();
    await live.shoot('live-light');

    // By keyboard alone: to the end of the list and into a connection that has been there longest.
    await page.selectOption('#order', 'oldest');
    await page.locator('.rows').focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => {
      const rows = document.querySelector('.rows');
      return rows && rows.scrollTop > 0 && rows.querySelector('[data-active]:not([aria-busy])');
    });
    await page.keyboard.press('Home');
    const first = page.locator('.row[data-active]:not([aria-busy])');
    await first.waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#detail .timeline').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#overview').waitFor();

    // Filters: by state, by user, by cause.
    await page.fill('#user', 'grace');
    await page.waitForFunction(() => [...document.querySelectorAll('.row-user')].every((cell) => cell.textContent === 'Grace') && document.querySelector('.row'));
    await page.click('#clear');
    await page.click('.lane[data-state="PROCESSING_READY"]');
    await page.waitForFunction(() => [...document.querySelectorAll('.row:not([aria-busy]) .row-state')].every((cell) => cell.textContent === 'PROCESSING_READY') && document.querySelector('.row'));
    await page.selectOption('#cause', 'transport_lost');
    await page.selectOption('#state', 'ENDED');
    await page.waitForFunction(() => [...document.querySelectorAll('.row:not([aria-busy]) .row-why')].every((cell) => cell.textContent === 'transport_lost') && document.querySelector('.row'));
    await page.click('#tab-sessions');
    await page.locator('.row-session', { hasText: 'acked' }).first().waitFor();
    await live.shoot('live-sessions');
    await page.selectOption('#state', 'DETACHED');
    await page.locator('.row-session', { hasText: 'AWAY' }).first().waitFor();

    // On other screens: the same administrator, by the same cookie. When the feed is cut they say so, keep what they had, and go on by themselves.
    const proxy = await CuttingProxy.start(t, server.port);
    const cookies = await page.context().cookies(`${server.base}/live`);
    for (const [name, options] of /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
      ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 844 } }],
    ])) {
      const other = await ChatPage.open(t, browser, `${proxy.base}live`, { ...options, storageState: { cookies, origins: [] } });
      await other.page.locator('.row:not([aria-busy])').first().waitFor();
      await other.shoot(`live-${name}`);
      await checkPage(other, name);
      proxy.hold();
      proxy.cut();
      await other.says('Reconnecting; as of');
      assert.ok(await other.page.locator('.row').count() > 0, 'what was seen is still there');
      proxy.free();
      await other.says('Live');
      await other.page.click('#pause');
      await other.says('Paused');
      await other.page.locator('.row:not([aria-busy])').first().click();
      await other.page.locator('#detail .timeline').waitFor();
      await other.shoot(`live-${name}-detail`);
      await checkPage(other, `${name}, detail`);
      assert.deepEqual(other.complaints.filter((complaint) => !complaint.includes('WebSocket')), []);
    }
    assert.deepEqual(live.complaints.filter((complaint) => !complaint.includes('401')), []);
  });

  test('a timeline is drawn of any record, and a dot keeps its place', { skip: noBrowser }, async (t) => {
    const { page } = await ChatPage.open(t, browser, server.base);
    const { phases, marks, places, flow } = await page.evaluate(async () => {
      const { phasesOf, marksOf, scaleOf } = await import(/** @type {string} */ ('/app/live/timeline.js'));
      const { Flow } = await import(/** @type {string} */ ('/app/live/flow.js'));
      const entry = (/** @type {number} */ at, /** @type {string} */ event, /** @type {string} */ from, /** @type {string} */ to, rest = {}) => ({ at, event, from, to, refused: null, cause: null, count: 1, ...rest });
      const detail = {
        connection: { age: 60_000, state: 'FAILED' },
        isResumed: true,
        record: [
          entry(0.2, 'UpgradeAccepted', 'CONNECTING', 'ACCEPTED'),
          entry(5, 'AttachSucceeded', 'ACCEPTED', 'ACCEPTED', { refused: 'too_early', count: 3 }),
          entry(9, 'AttachSucceeded', 'ACCEPTED', 'PROCESSING_READY'),
          entry(60_000, 'TransportLost', 'PROCESSING_READY', 'FAILED', { cause: 'transport_lost' }),
        ],
      };
      const phases = phasesOf(detail);
      const scale = scaleOf(phases, 300);
      const boxes = Array.from({ length: 8 }, (_, lane) => ({ x: lane * 100, y: 0, width: 90, height: 60 }));
      const flow = new Flow();
      flow.resize(boxes, 800);
      const at = (/** @type {number} */ number) => {
        const dot = [...flow.dots].find((one) => one.number === number);
        return dot && [Math.round(dot.x), Math.round(dot.y), dot.isLeaving];
      };
      flow.update([1, 2, 3], () => 0, 0);
      const start = at(2);
      flow.update([2, 3], (/** @type {number} */ place) => (place === 0 ? 4 : 0), 1_000);
      const isMoving = flow.step(1_200);
      const leaving = at(1);
      flow.step(9_000);
      return {
        phases: phases.map(({ state, took }) => [state, took]),
        marks: marksOf(detail).map(({ kind, text }) => [kind, text]),
        places: [0, 0.2, 9, 1_000, 60_000, 99_999].map(scale),
        flow: { start, isMoving, isLeaving: leaving?.[2], gone: at(1), arrived: at(2), kept: at(3), count: [...flow.dots].length },
      };
    });
    assert.deepEqual(phases, [['CONNECTING', 0.2], ['ACCEPTED', 8.8], ['PROCESSING_READY', 59_991]]);
    assert.deepEqual(marks, [
      ['refused', 'Attached: the session was resumed; refused, too early, 3 times.'],
      ['resume', 'Attached: the session was resumed.'],
      ['end', 'The transport ended: The transport ended without a close frame.'],
    ]);
    assert.deepEqual(places, [...places].sort((a, b) => a - b));
    assert.equal(places[0], 0);
    assert.ok(Math.abs((places.at(-1) ?? 0) - 300) < 1e-6);
    assert.deepEqual(flow, { start: [17, 6, false], isMoving: true, isLeaving: true, gone: undefined, arrived: [406, 6, false], kept: [28, 6, false], count: 2 });
  });
});
