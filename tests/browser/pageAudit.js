// Whether everyone can use a page: contrast, names, sizes, nothing twice, nothing too wide, and all that axe knows.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every rule of axe, also those that are only advice. @param {import('./chatPage.js').ChatPage} chat @returns {Promise<string[]>} */
async function axeFaults({ page }) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = /** @type {any} */ (globalThis);
    // What still fades in has not its contrast yet.
    await Promise.all(document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime)).map((animation) => animation.finished.catch(() => undefined)));
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap((/** @type {any} */ rule) => rule.nodes.map((/** @type {any} */ node) => `${rule.id} (${rule.impact}): ${node.target.join(' ')}`));
  });
}

/** What an audit by hand looks for, and axe. @param {import('./chatPage.js').ChatPage} chat @param {string} where */
export async function checkPage(chat, where) {
  const { page } = chat;
  const faults = await page.evaluate(() => {
    const found = [];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    /** @param {string} color @returns {number[]} */
    const channels = (color) => {
      if (!canvas) return [0, 0, 0, 1];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const luminance = (/** @type {number[]} */ rgb) => rgb.slice(0, 3)
      .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, place) => sum + value * ([0.2126, 0.7152, 0.0722][place] ?? 0), 0);
    const backgroundOf = (/** @type {Element | null} */ start) => {
      for (let element = start; element; element = element.parentElement) {
        const color = channels(getComputedStyle(element).backgroundColor);
        if ((color[3] ?? 0) > 0.9) return color;
      }
      return [255, 255, 255, 1];
    };
    const isVisible = (/** @type {Element} */ element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0 && !element.closest('.visually-hidden');

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.textContent?.trim() || !isVisible(element) || element.closest('script, :disabled, .skip')) continue;
      const pair = [luminance(channels(getComputedStyle(element).color)), luminance(backgroundOf(element))];
      const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: ${node.textContent.trim().slice(0, 30)}`);
    }
    for (const control of document.querySelectorAll('button, input, select, textarea, a, summary')) {
      if (!isVisible(control)) continue;
      const labels = 'labels' in control && control.labels instanceof NodeList ? [...control.labels].map((label) => label.textContent).join('') : '';
      if (!(control.getAttribute('aria-label') || control.textContent?.trim() || labels.trim())) found.push(`no name: ${control.outerHTML.slice(0, 80)}`);
      const { width, height } = control.getBoundingClientRect();
      if (!control.matches('summary, a') && (width < 24 || height < 24)) found.push(`too small to press: ${control.id || control.className} ${width}×${height}`);
    }
    for (const image of document.querySelectorAll('svg')) if (image.getAttribute('aria-hidden') !== 'true' && !(image.getAttribute('role') === 'img' && image.getAttribute('aria-label'))) found.push('a picture without a name is not hidden');
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) found.push(`id twice: ${id}`);
    for (const attribute of ['aria-controls', 'aria-describedby', 'for']) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) if (!document.getElementById(element.getAttribute(attribute) ?? '')) found.push(`${attribute} leads nowhere`);
    }
    if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
    if ([...document.querySelectorAll('main')].filter(isVisible).length !== 1) found.push('not one main');
    if (!document.documentElement.lang) found.push('no language');
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) found.push(`${over} pixels too wide`);
    return found;
  });
  assert.deepEqual([...faults, ...await axeFaults(chat)], [], where);
}
