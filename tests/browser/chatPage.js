// The chat page in a real browser: what a person does there, and what they see.

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { keepCookie, keepSecret, keepSecretsOf } from '../peers/secrets.js';

export const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SCREENSHOTS = fileURLToPath(new URL('../../artifacts/screenshots/', import.meta.url));
/** Generous: a machine that builds at the same time is slow. */
export const PATIENCE = 900_000;

/** Why these tests cannot run here, or `false`. */
export const noBrowser = existsSync(PROGRAM) ? false : `${PROGRAM} is missing: install chromium`;

/** Keeps what the pages are given: no log may hold it. @param {import('playwright-core').BrowserContext} context */
async function keepSecretsOfPages(context) {
  // On its way, so that a page which is closed or loaded anew has been given nothing that is not known here.
  await context.route(/\/(auth\/sign-in|auth\/token|chat\/ticket|live\/sign-in)$/, async (route) => {
    const response = await route.fetch({ timeout: PATIENCE }).catch(() => null);
    if (!response) return route.abort().catch(() => undefined);
    const body = await response.json().catch(() => null);
    keepCookie(response.headers()['set-cookie']);
    keepSecret(body?.token ?? body?.ticket);
    return route.fulfill({ response }).catch(() => undefined);
  });
  context.on('page', (page) => page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => keepSecretsOf(String(payload)))));
}

/** @returns {Promise<import('playwright-core').Browser>} */
export function launch() {
  return chromium.launch({
    executablePath: PROGRAM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export class ChatPage {
  /** What the browser complained about. @type {string[]} */
  complaints = [];
  /** The ids of the sessions it has had. @type {Set<string>} */
  sessions = new Set();
  /** Who waits for words of the server. @type {Set<(text: string) => void>} */
  #listeners = new Set();

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.stack}`));
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
      for (const frame of [JSON.parse(String(payload))].flat()) if (frame.t === 'ready') this.sessions.add(frame.session);
      for (const listen of this.#listeners) listen(String(payload));
    }));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
  }

  /**
   * @param {import('node:test').TestContext} t
   * @param {import('playwright-core').Browser} browser
   * @param {string} base
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  static async open(t, browser, base, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    t.after(() => context.close());
    await keepSecretsOfPages(context);
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(base);
    return chat;
  }

  /** A user of their own, so that no test sees another's history. @param {string} name */
  async signIn(name) {
    await this.page.fill('#name', name);
    await this.page.click('#sign-in-button');
  }

  /** Asks, and waits until the question is shown: until the next frame the last question is the one before. @param {string} question */
  async ask(question) {
    const exchanges = this.page.locator('.exchange');
    const before = await exchanges.count();
    await this.page.fill('#composer-text', question);
    await this.page.press('#composer-text', 'Enter');
    await exchanges.nth(before).waitFor();
  }

  /** Waits until the last question has this status. @param {string} status */
  async settled(status = 'done') {
    await this.page.locator(`.exchange:last-child[data-status="${status}"]`).waitFor();
  }

  /** Waits for the first words of an answer. */
  async begun() {
    await this.page.locator('.exchange:last-child .markdown.draft').waitFor();
  }

  /** Waits for the middle of an answer: its first table has a row. */
  async inTheMiddle() {
    await this.page.locator('.exchange:last-child[data-status="working"] .markdown tbody tr').first().waitFor();
  }

  /** Waits for the status that is always visible. @param {string | RegExp} text */
  async says(text) {
    await this.page.locator('#status', { hasText: text }).waitFor();
  }

  /**
   * Begins to listen for a status that may soon be over. @param {string} text
   * @returns {Promise<() => Promise<void>>} waits until it has been said
   */
  async willSay(text) {
    const heard = await this.page.evaluateHandle(([words, patience]) => {
      const status = document.querySelector('#status');
      return { said: new Promise((resolve, reject) => {
        const look = () => { if (status?.textContent?.includes(words)) resolve(undefined); };
        new MutationObserver(look).observe(/** @type {Node} */ (status), { childList: true, characterData: true, subtree: true });
        setTimeout(() => reject(new Error(`The status never was ${words}.`)), patience);
        look();
      }) };
    }, /** @type {const} */ ([text, PATIENCE]));
    return () => heard.evaluate(({ said }) => said.then(() => undefined));
  }

  /** Waits until the server's words have come to the browser, whether or not the page is told. @param {string} words */
  async arrives(words) {
    /** @type {NodeJS.Timeout | undefined} */
    let limit;
    await new Promise((resolve, reject) => {
      this.#listeners.add((text) => { if (text.includes(words)) resolve(undefined); });
      limit = setTimeout(() => reject(new Error(`${words} never came.`)), PATIENCE);
    });
    clearTimeout(limit);
  }

  /** The last answer, as a reader copies it, and the steps that led to it. */
  async lastAnswer() {
    const exchange = this.page.locator('.exchange').last();
    return {
      text: await exchange.locator('.markdown').innerText(),
      steps: await exchange.locator('.step').evaluateAll((steps) => steps.map((step) => `${step.className} ${step.dataset.state} ${step.textContent}`)),
    };
  }

  /** The timeline's text, newest connection first. @returns {Promise<string[]>} */
  connections() {
    return this.page.locator('.connection').allTextContents();
  }

  /** @param {string} name */
  async shoot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
  }
}
