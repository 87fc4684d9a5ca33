// How much of a page moves under its reader by itself: Cumulative Layout Shift as browsers define it.

/** What counts as steady (web.dev/cls). */
export const SHIFT_MAX = 0.1;

/** Begins to measure. @param {import('playwright-core').Page} page @returns {Promise<() => Promise<{ largest: number, worst: string[] }>>} gives what has moved so far */
export async function watchShifts(page) {
  const watched = await page.evaluateHandle(() => {
    // Shifts less than a second apart and within five seconds are one burst, and the largest burst counts.
    const seen = { largest: 0, burst: 0, begun: 0, last: 0, worst: /** @type {string[]} */ ([]) };
    new PerformanceObserver((list) => {
      for (const entry of /** @type {any[]} */ (list.getEntries())) {
        if (entry.hadRecentInput) continue;
        const goesOn = entry.startTime - seen.last < 1000 && entry.startTime - seen.begun < 5000;
        if (!goesOn) seen.begun = entry.startTime;
        seen.burst = (goesOn ? seen.burst : 0) + entry.value;
        seen.last = entry.startTime;
        seen.largest = Math.max(seen.largest, seen.burst);
        seen.worst.push(`${entry.value.toFixed(4)} ${entry.sources.map((/** @type {any} */ source) => source.node?.id || source.node?.className || source.node?.nodeName).join(' ')}`);
      }
    }).observe({ type: 'layout-shift', buffered: true });
    return seen;
  });
  return async () => {
    // A frame that is painted tells its shifts.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const { largest, worst } = await watched.jsonValue();
    return { largest, worst };
  };
}
