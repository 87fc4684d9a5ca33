// Where questions are written. Typing is always allowed: what is asked before the connection is ready waits its turn.

import { element, find, setAttribute, setText } from './element.js';
import { icon } from './icon.js';
import { keep } from './storage.js';
import { rowsIn } from './transcript.js';
import { checkUsage, looksLikeUsage, readUsageFile } from './usageFile.js';

/** @import { UsageFile } from './usageFile.js' */

const DRAFT = 'airlock-page-draft';

export class Composer {
  #form = find('#composer', HTMLFormElement);
  #text = find('#composer-text', HTMLTextAreaElement);
  #send = find('#send', HTMLButtonElement);
  #stop = find('#stop', HTMLButtonElement);
  #file = find('#file', HTMLInputElement);
  #attached = find('#attached', HTMLElement);
  #problem = find('#composer-problem', HTMLElement);
  #host;
  #storage;
  /** @type {UsageFile | null} */
  #csv = null;

  /**
   * @param {{ ask: (text: string, csv: UsageFile | null) => void, stop: () => void }} host
   * @param {Storage} storage keeps what is being written across a reload
   * @param {AbortSignal} signal ends it
   */
  constructor(host, storage, signal) {
    this.#host = host;
    this.#storage = storage;
    this.#text.value = storage.getItem(DRAFT) ?? '';
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    }, { signal });
    this.#text.addEventListener('input', () => this.#edited(), { signal });
    this.#text.addEventListener('keydown', (event) => this.#pressed(event), { signal });
    this.#text.addEventListener('paste', (event) => this.#pasted(event), { signal });
    this.#stop.addEventListener('click', () => this.#stopped(), { signal });
    this.#file.addEventListener('change', () => void this.#chosen(this.#file.files?.[0]), { signal });
    this.#form.addEventListener('dragover', (event) => event.preventDefault(), { signal });
    this.#form.addEventListener('drop', (event) => {
      event.preventDefault();
      void this.#chosen(event.dataTransfer?.files[0]);
    }, { signal });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !this.#stop.hidden) this.#stopped();
    }, { signal });
    this.#edited();
  }

  /** Whether something is being answered, so that it can be stopped. @param {boolean} isAnswering */
  set answering(isAnswering) {
    if (this.#stop.hidden === !isAnswering) return;
    const hadFocus = document.activeElement === this.#stop;
    setAttribute(this.#stop, 'hidden', !isAnswering);
    if (hadFocus) this.#text.focus();
  }

  focus() {
    this.#text.focus();
  }

  /** Forgets what is being written. */
  clear() {
    this.#text.value = '';
    this.#attach(null);
    this.#edited();
  }

  /** Opens the choice of a file. */
  choose() {
    this.#file.click();
  }

  /** @param {string} question asked at once, with what is attached */
  ask(question) {
    try {
      this.#host.ask(question, this.#csv);
      this.#attach(null);
      this.#complain('');
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  #submit() {
    const question = this.#text.value.trim() || (this.#csv ? 'What does this usage tell?' : '');
    if (!question) return;
    this.ask(question);
    if (!this.#problem.hidden) return;
    this.#text.value = '';
    this.#edited();
  }

  #stopped() {
    this.#host.stop();
    this.#text.focus();
  }

  #edited() {
    keep(this.#storage, DRAFT, this.#text.value);
    this.#text.rows = Math.min(8, this.#text.value.split('\n').length);
    this.#complain('');
    setAttribute(this.#send, 'disabled', this.#text.value.trim() === '' && this.#csv === null);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!looksLikeUsage(text)) return;
    event.preventDefault();
    this.#try(() => this.#attach(checkUsage('Pasted usage', text)));
  }

  /** @param {File | undefined} file */
  async #chosen(file) {
    this.#file.value = '';
    if (!file) return;
    const usage = await readUsageFile(file).catch((/** @type {Error} */ error) => error);
    this.#try(() => {
      if (usage instanceof Error) throw usage;
      this.#attach(usage);
      this.#text.focus();
    });
  }

  /** @param {() => void} action */
  #try(action) {
    try {
      action();
      this.#complain('');
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {UsageFile | null} csv */
  #attach(csv) {
    this.#csv = csv;
    setAttribute(this.#attached, 'hidden', csv === null);
    this.#attached.replaceChildren(...(csv ? [icon('file'), element('span', {}, `${csv.name}, ${rowsIn(csv.text)} rows`), this.#detachButton(csv)] : []));
    setAttribute(this.#send, 'disabled', this.#text.value.trim() === '' && csv === null);
  }

  /** @param {UsageFile} csv */
  #detachButton(csv) {
    const click = () => {
      this.#attach(null);
      this.#text.focus();
    };
    return element('button', { type: 'button', class: 'icon-button small', 'aria-label': `Remove ${csv.name}`, click }, icon('cross'));
  }

  /** @param {string} problem */
  #complain(problem) {
    setText(this.#problem, problem);
    setAttribute(this.#problem, 'hidden', problem === '');
    setAttribute(this.#text, 'aria-invalid', problem ? 'true' : null);
  }
}
