// Nothing that is read moves, whatever becomes of a connection and of an answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChatPage, noBrowser } from './chatPage.js';
import { SHIFT_MAX, watchShifts } from './layoutShift.js';
import { ScriptedServer } from './scriptedServer.js';
import { Stage } from './stage.js';

const PARAGRAPHS = Array.from({ length: 14 }, (_, place) => `${place + 1}. The large model costs more than the others together, and most of it on weekdays; what could be moved to the small one is about a third.\n`);
const TABLE = '## By model\n\n| Model | Cost |\n|---|---:|\n| large | $454.18 |\n| small | $12.00 |\n\n';

/** @typedef {{ chat: ChatPage, page: import('playwright-core').Page, script: ScriptedServer }} Scene */

/** A part of a try: its steps and the beginning of its answer, a piece a frame. @param {Scene} scene @param {number} s @param {number} attempt @param {number} pieces */
async function write({ page, script }, s, attempt, pieces) {
  const at = '2026-11-23T12:00:00Z';
  script.part(s, attempt, { type: 'agent_started', agent_name: 'Cost analyst', run_id: `r${attempt}`, timestamp: at });
  script.part(s, attempt, { type: 'agent_thinking', text: 'Which models cost most?', timestamp: at });
  script.part(s, attempt, { type: 'tool_executing', tool: 'load_usage', call_id: '1', timestamp: at });
  script.part(s, attempt, { type: 'tool_completed', call_id: '1', ok: true, summary: '78 rows', timestamp: at });
  for (const text of [TABLE, ...PARAGRAPHS].slice(0, pieces)) {
    script.part(s, attempt, { type: 'answer_delta', text });
    await painted(page);
  }
  await page.locator('.exchange:last-child .markdown').waitFor();
}

/** @param {import('playwright-core').Page} page */
const painted = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Until a press of a key or button is over: for half a second after it browsers excuse what moves. @param {import('playwright-core').Page} page */
const unexcused = (page) => page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 600); }));

/** Asks, and goes on when nothing is excused any more. @param {Scene} scene @param {string} [question] */
async function asked({ chat, page, script }, question = 'Where does my AI spend go?') {
  await chat.ask(question);
  const { s } = await script.asked();
  await unexcused(page);
  return s;
}

/** @param {Scene} scene @param {number} s @param {number} attempt */
async function complete({ chat, script }, s, attempt) {
  script.part(s, attempt, { type: 'agent_completed', text: TABLE + PARAGRAPHS.join(''), timestamp: '2026-11-23T12:00:09Z' }, false);
  script.say({ t: 'end', re: s, try: attempt });
  script.done(s);
  await chat.settled();
}

/** @param {Scene} scene @param {string} [question] */
async function answered(scene, question = 'Where does my AI spend go?') {
  const s = await asked(scene, question);
  await write(scene, s, 1, 15);
  await complete(scene, s, 1);
}

/** @type {Record<string, (scene: Scene) => Promise<unknown>>} */
const COURSES = {
  'a cut connection, and the rest of the answer': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 9);
    const lost = await scene.chat.willSay('Lost');
    scene.script.cut();
    await lost();
    await scene.chat.says('Answering');
    await complete(scene, s, 1);
  },
  'a cut connection, a try that is void, and a second one': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 9);
    const lost = await scene.chat.willSay('Lost');
    scene.script.cut();
    await lost();
    await scene.page.locator('.connection', { hasText: 'Resumed' }).first().waitFor({ state: 'attached' });
    scene.script.say({ t: 'void', re: s, try: 1 });
    await scene.page.locator('.exchange:last-child .note', { hasText: 'withdrawn' }).waitFor();
    await painted(scene.page);
    await write(scene, s, 2, 15);
    await complete(scene, s, 2);
  },
  'an answer that fails': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 9);
    scene.script.part(s, 1, { type: 'agent_error', message: 'The model did not answer within a minute.', action: 'Ask again in a moment.', timestamp: '2026-11-23T12:00:09Z' }, false);
    scene.script.say({ t: 'end', re: s, try: 1 });
    scene.script.done(s);
    await scene.chat.settled('failed');
  },
  'an answer that is stopped': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 9);
    await scene.page.getByRole('button', { name: 'Stop' }).click();
    await unexcused(scene.page);
    scene.script.say({ t: 'end', re: s, try: 1, stopped: true });
    scene.script.done(s);
    await scene.chat.settled('stopped');
  },
  'the next question while an answer comes': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 5);
    await asked(scene, 'And by day?');
    for (const text of PARAGRAPHS.slice(4)) {
      scene.script.part(s, 1, { type: 'answer_delta', text });
      await painted(scene.page);
    }
    scene.script.part(s, 1, { type: 'agent_completed', text: TABLE + PARAGRAPHS.join(''), timestamp: '2026-11-23T12:00:09Z' }, false);
    scene.script.say({ t: 'end', re: s, try: 1 });
    scene.script.done(s);
    await scene.page.locator('.exchange[data-status="done"]').nth(1).waitFor();
  },
  'a refusal that is final': async (scene) => {
    const s = await asked(scene);
    await write(scene, s, 1, 9);
    scene.script.close(4011, 'sequence_gap');
    await scene.page.locator('#notice:not([hidden])').waitFor();
  },
};

describe('What is read stays in its place', { concurrency: 2 }, () => {
  const stage = new Stage();

  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 860 }]) {
    /** @param {import('node:test').TestContext} t @returns {Promise<Scene>} */
    const open = async (t) => {
      const chat = await ChatPage.open(t, stage.browser, 'about:blank', { viewport, isMobile: viewport.width < 700, hasTouch: viewport.width < 700 });
      const script = await ScriptedServer.on(chat.page);
      await chat.page.goto(stage.server.base);
      await chat.signIn('Ada');
      await chat.says('Ready');
      return { chat, page: chat.page, script };
    };

    for (const [name, run] of Object.entries(COURSES)) {
      test(`over ${name}: ${viewport.width}×${viewport.height}`, { skip: noBrowser }, async (t) => {
        const scene = await open(t);
        // The first exchange stands, so that there is something to read.
        await answered(scene, 'Find savings');
        const shifts = await watchShifts(scene.page);
        await run(scene);
        const { largest, worst } = await shifts();
        assert.ok(largest < SHIFT_MAX, `${largest}\n${worst.join('\n')}`);
        assert.deepEqual(scene.chat.complaints, []);
      });
    }

    test(`over a reload with its history: ${viewport.width}×${viewport.height}`, { skip: noBrowser }, async (t) => {
      const scene = await open(t);
      await answered(scene);
      await answered(scene, 'Find savings');
      await scene.page.reload();
      const shifts = await watchShifts(scene.page);
      await scene.chat.says('Ready');
      const { largest, worst } = await shifts();
      assert.ok(largest < SHIFT_MAX, `${largest}\n${worst.join('\n')}`);
      assert.deepEqual(scene.chat.complaints, []);
    });
  }
});
