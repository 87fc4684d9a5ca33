// The server and the browser that the tests of a suite share.

import { after, before } from 'node:test';
import { RealServer } from '../peers/realServer.js';
import { launch, noBrowser } from './chatPage.js';

export class Stage {
  /** @type {import('playwright-core').Browser} */
  browser = /** @type {any} */ (null);
  /** @type {RealServer} */
  server = /** @type {any} */ (null);

  /** For the suite in which it is made. @param {Record<string, string>} [settings] of the server */
  constructor(settings) {
    /** @type {(() => unknown)[]} */
    const stops = [];
    before(async () => {
      if (noBrowser) return;
      this.server = await RealServer.start({ after: (stop) => stops.push(stop) }, settings);
      this.browser = await launch();
      stops.unshift(() => this.browser.close());
    });
    after(async () => {
      for (const stop of stops) await stop();
    });
  }
}
