// The page's own parts, in a real browser: Markdown from strangers, exchanges, the transcript, and whether everyone can use it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChatPage, noBrowser } from './chatPage.js';
import { checkPage } from './pageAudit.js';
import { Stage } from './stage.js';

describe('The page’s parts', () => {
  const stage = new Stage();

  /** Renders Markdown on a page and gives back its HTML. @param {import('node:test').TestContext} t @param {string[]} texts */
  async function rendered(t, texts) {
    const { page } = await ChatPage.open(t, stage.browser, stage.server.base);
    return page.evaluate(async (all) => {
      const { renderMarkdown } = await import(/** @type {string} */ ('/app/markdownView.js'));
      return all.map((text) => {
        const div = document.createElement('div');
        div.append(...renderMarkdown(text));
        return div.innerHTML;
      });
    }, texts);
  }

  test('Markdown becomes headings, tables, lists and code', { skip: noBrowser }, async (t) => {
    const [table, list, marks, code, escaped] = await rendered(t, [
      '## Spend\n\n| Model | Cost |\n|---|---:|\n| a\\|b | **$1.50** |\n| c |\n\nAfter',
      '1. One\n2. Two\n   - inner\n\n   more\n\n- other',
      'a **b _c_** `d*e*` snake_case_name ~~f~~ 2 * 3 * 4 [g](https://example.org/x_y)',
      '```csv\na,b\n<b>\n```',
      '\\*no\\* \\<b\\> “\\#”',
    ]);
    assert.equal(table, '<h3>Spend</h3><div class="table" tabindex="0" role="group" aria-label="Table: Model, Cost"><table><thead><tr><th scope="col">Model</th><th class="align-right" scope="col">Cost</th></tr></thead>'
      + '<tbody><tr><td>a|b</td><td class="align-right"><strong>$1.50</strong></td></tr><tr><td>c</td><td class="align-right"></td></tr></tbody></table></div><p>After</p>');
    assert.equal(list, '<ol><li>One</li><li>Two<ul><li>inner</li></ul><p>more</p></li></ol><ul><li>other</li></ul>');
    assert.equal(marks, '<p>a <strong>b <em>c</em></strong> <code>d*e*</code> snake_case_name <s>f</s> 2 * 3 * 4 <a href="https://example.org/x_y" rel="noopener noreferrer" target="_blank">g</a></p>');
    assert.equal(code, '<pre tabindex="0"><code>a,b\n&lt;b&gt;</code></pre>');
    assert.equal(escaped, '<p>*no* &lt;b&gt; “#”</p>');
  });

  test('Markdown of a stranger cannot bring elements, scripts or other addresses', { skip: noBrowser }, async (t) => {
    const hostile = [
      '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '[x](javascript:alert(1))', '[x](javascript://x/%0aimport)', '[x](data:text/html,hi)', '![x](https://example.org/x.png)',
      '[x](https://example.org/" onclick="alert(1))', '| <iframe> |\n|---|\n| <svg onload=alert(1)> |', '`<b>`', '> <style>*{display:none}</style>',
    ];
    for (const html of await rendered(t, hostile)) {
      assert.doesNotMatch(html, /<(script|img|iframe|svg|style|b)\b/);
      for (const [, tag] of html.matchAll(/<([^>]*)>/g)) assert.doesNotMatch(tag ?? '', /\son\w+=|javascript:|data:/);
    }
  });

  test('Markdown that is made to take long does not', { skip: noBrowser }, async (t) => {
    const { page } = await ChatPage.open(t, stage.browser, stage.server.base);
    const took = await page.evaluate(async () => {
      const { readMarkdown } = await import(/** @type {string} */ ('/app/markdown.js'));
      const length = 60_000;
      const texts = ['*', '**a', '`', '[', '_a', '> ', '- ', '|', '\\', '# ', '~~', '[a](', '*a _b '].map((piece) => piece.repeat(length / piece.length));
      return texts.map((text) => {
        const start = performance.now();
        readMarkdown(text);
        return Math.round(performance.now() - start);
      });
    });
    assert.ok(Math.max(...took) < 3_000, `milliseconds: ${took.join(', ')}`);
  });

  test('an exchange is withdrawn on void, kept on stop, and settled once', { skip: noBrowser }, async (t) => {
    const { page } = await ChatPage.open(t, stage.browser, stage.server.base);
    const states = await page.evaluate(async () => {
      const { newExchange, applyPayload, voidTry, settle, refuse } = await import(/** @type {string} */ ('/app/exchange.js'));
      const at = '2026-11-23T12:00:00Z';
      const play = (/** @type {(exchange: any) => void} */ script) => {
        const exchange = newExchange('id', 'q', null, 0);
        script(exchange);
        return { status: exchange.status, draft: exchange.draft, answer: exchange.answer, steps: exchange.steps.length, notes: exchange.notes.length, problem: exchange.problem?.message ?? null };
      };
      const begin = (/** @type {any} */ exchange, attempt = 1) => {
        applyPayload(exchange, { type: 'agent_started', timestamp: at }, attempt);
        applyPayload(exchange, { type: 'answer_delta', text: `part${attempt} ` }, attempt);
      };
      return {
        streaming: play((exchange) => begin(exchange)),
        voided: play((exchange) => { begin(exchange); voidTry(exchange, 'try_failed'); }),
        again: play((exchange) => { begin(exchange); voidTry(exchange, 'try_failed'); begin(exchange, 2); }),
        newTryWithoutVoid: play((exchange) => { begin(exchange); begin(exchange, 2); }),
        stopped: play((exchange) => { begin(exchange); settle(exchange, true); settle(exchange, false); }),
        done: play((exchange) => { begin(exchange); applyPayload(exchange, { type: 'agent_completed', text: 'whole' }, 1); settle(exchange, false); }),
        stoppedTooLate: play((exchange) => { begin(exchange); applyPayload(exchange, { type: 'agent_completed', text: 'whole' }, 1); settle(exchange, true); }),
        failed: play((exchange) => { begin(exchange); applyPayload(exchange, { type: 'agent_error', message: 'm', action: 'a' }, 1); settle(exchange, false); }),
        refused: play((exchange) => refuse(exchange, 'handler_failed', null)),
        duplicate: play((exchange) => refuse(exchange, 'duplicate', 'done')),
        nonsense: play((exchange) => { applyPayload(exchange, { type: 'tool_completed', call_id: 7 }, 1); applyPayload(exchange, { type: 'answer_delta', text: { toString: 'x' } }, 1); }),
      };
    });
    const none = { draft: '', answer: null, steps: 0, notes: 0, problem: null };
    assert.deepEqual(states, {
      streaming: { ...none, status: 'working', draft: 'part1 ', steps: 1 },
      voided: { ...none, status: 'sent', notes: 1 },
      again: { ...none, status: 'working', draft: 'part2 ', steps: 1, notes: 1 },
      newTryWithoutVoid: { ...none, status: 'working', draft: 'part2 ', steps: 1 },
      stopped: { ...none, status: 'stopped', draft: 'part1 ', steps: 2 },
      done: { ...none, status: 'done', draft: 'part1 ', answer: 'whole', steps: 2 },
      stoppedTooLate: { ...none, status: 'done', draft: 'part1 ', answer: 'whole', steps: 2 },
      failed: { ...none, status: 'failed', draft: 'part1 ', steps: 2, problem: 'm' },
      refused: { ...none, status: 'failed', problem: 'The server tried several times and could not answer.' },
      duplicate: { ...none, status: 'unknown', notes: 1 },
      nonsense: { ...none, status: 'working' },
    });
  });

  test('the transcript survives a reload, takes the history in, and has a limit', { skip: noBrowser }, async (t) => {
    const { page } = await ChatPage.open(t, stage.browser, stage.server.base);
    const seen = await page.evaluate(async () => {
      const { Transcript } = await import(/** @type {string} */ ('/app/transcript.js'));
      const { newExchange, fillIn } = await import(/** @type {string} */ ('/app/exchange.js'));
      const first = new Transcript(sessionStorage, 'ada');
      first.add(newExchange('1', 'one', null, 0));
      first.add(newExchange('3', 'three', null, 0));
      const merged = first.merge([
        { role: 'user', id: '1', text: 'one' }, { role: 'assistant', id: null, text: 'A1' },
        { role: 'user', id: '2', text: 'two\n\n```csv\na,b\n1,2\n```' }, { role: 'assistant', id: null, text: 'A2' },
        { role: 'user', id: '4', text: 'no answer yet' },
      ]);
      const show = (/** @type {any} */ transcript) => transcript.exchanges.map((/** @type {any} */ exchange) => `${exchange.id} ${exchange.question} ${exchange.csv?.rows ?? '-'} ${exchange.status} ${exchange.answer}`);
      const reloaded = show(new Transcript(sessionStorage, 'ada'));
      const others = show(new Transcript(sessionStorage, 'bob'));
      const many = new Transcript(sessionStorage, 'ada');
      for (let place = 0; place < 130; place++) {
        const exchange = newExchange(`m${place}`, 'q', null, 0);
        fillIn(exchange, 'a');
        many.add(exchange);
      }
      return { merged: merged.length, shown: show(first), reloaded, others, kept: many.exchanges.length, keys: Object.keys(sessionStorage).filter((key) => key.includes('exchange:')).length };
    });
    const shown = ['1 one - done A1', '2 two 1 done A2', '3 three - queued null'];
    assert.deepEqual(seen, { merged: 2, shown, reloaded: shown, others: [], kept: 100, keys: 100 });
  });

  test('a usage export is recognised when pasted, and anything else is refused with what to do', { skip: noBrowser }, async (t) => {
    const chat = await ChatPage.open(t, stage.browser, stage.server.base);
    const { page } = chat;
    await chat.signIn('Paste');
    await chat.says('Ready');
    const paste = (/** @type {string} */ text) => page.evaluate((data) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', data);
      return document.querySelector('#composer-text')?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
    assert.equal(await paste('just words, and more'), true, 'words are pasted as words');
    assert.equal(await paste('date,model,input_tokens,output_tokens,cost_usd\n2026-01-01,tiny,10,5,1.25\n2026-01-02,tiny,10,5,2.50\n'), false);
    assert.match(await page.locator('#attached').innerText(), /2 rows/);
    await page.setInputFiles('#file', { name: 'cat.csv', mimeType: 'text/csv', buffer: Buffer.from('meow') });
    await page.locator('#composer-problem', { hasText: 'date, model' }).waitFor();
    await page.click('#send');
    await chat.settled();
    assert.match((await chat.lastAnswer()).text, /\$3\.75/);
  });

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`everything can be read and named: ${colorScheme}`, { skip: noBrowser }, async (t) => {
      for (const width of [1280, 360]) {
        const chat = await ChatPage.open(t, stage.browser, stage.server.base, { colorScheme, viewport: { width, height: 740 } });
        await chat.page.locator('#sign-in').waitFor();
        await checkPage(chat, `${colorScheme}, ${width}, signed out`);
        await chat.signIn(`Reader ${colorScheme} ${width}`);
        await chat.says('Ready');
        await chat.shoot(`empty-${width}-${colorScheme}`);
        await checkPage(chat, `${colorScheme}, ${width}, empty`);
        await chat.ask(`Find savings ${'in-very-long-words-'.repeat(12)}`);
        await chat.settled();
        await chat.shoot(`answered-${width}-${colorScheme}`);
        await checkPage(chat, `${colorScheme}, ${width}, answered`);
        if (width === 360) {
          await chat.page.click('#strip');
          await chat.shoot(`panel-${width}-${colorScheme}`);
          await checkPage(chat, `${colorScheme}, ${width}, panel`);
        }
        assert.deepEqual(chat.complaints, []);
      }
    });
  }
});
