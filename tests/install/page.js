// What a page of the documents tells its reader to type and to write: fenced blocks `sh` and those with `file=`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workshop.js';

/** @typedef {{ command: string, note: string }} Typed `note` stands after `sh` */

export class Page {
  /** @param {string} path from the root */
  constructor(path) {
    this.text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
  }

  /** Every line of every `sh` block, in order. @returns {Typed[]} */
  get commands() {
    return [...this.text.matchAll(/^( *)```sh ?(.*)\n([^]*?)^\1```$/gm)].flatMap(([, , note = '', lines = '']) =>
      lines.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((command) => ({ command, note })));
  }

  /** The commands with this note. @param {string} note */
  typed(note) {
    return this.commands.filter((one) => one.note === note).map(({ command }) => command);
  }

  /** What its files hold, by name. @returns {Map<string, string>} */
  get files() {
    return new Map([...this.text.matchAll(/^```\w+ file=(\S+)\n([^]*?)^```$/gm)].map(([, path = '', text = '']) => [path, text]));
  }

  /** The text of the first block in this language: the page's whole program. @param {string} language */
  first(language) {
    const text = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(this.text)?.[1];
    if (!text) throw new Error(`No block of ${language}.`);
    return text;
  }
}
