// Signing in: one click with the local issuer; with an OpenID Connect authority a token is pasted.

import { find, setAttribute, setText } from './element.js';
import { browserStorage, keep } from './storage.js';

/** @import { Account } from './account.js' */

const NAME = 'airlock-page-name';

export class SignInView {
  #screen = find('#sign-in', HTMLElement);
  #form = find('#sign-in-form', HTMLFormElement);
  #name = find('#name', HTMLInputElement);
  #token = find('#token', HTMLTextAreaElement);
  #button = find('#sign-in-button', HTMLButtonElement);
  #problem = find('#sign-in-problem', HTMLElement);

  /**
   * Shows the screen until somebody has signed in.
   * @param {Account} account
   * @param {string} [why] what ended before, if something did
   * @returns {Promise<void>}
   */
  async show(account, why = '') {
    const isLocal = account.mode === 'local';
    this.#screen.hidden = false;
    setAttribute(find('#local', HTMLElement), 'hidden', !isLocal);
    setAttribute(find('#oidc', HTMLElement), 'hidden', isLocal);
    setText(find('#authority', HTMLElement), account.authority ?? '');
    this.#name.required = isLocal;
    this.#token.required = !isLocal;
    this.#name.value = browserStorage.getItem(NAME) ?? this.#name.defaultValue;
    setText(this.#button, isLocal ? 'Sign in' : 'Use this token');
    this.#complain(why);
    (isLocal ? this.#button : this.#token).focus({ preventScroll: true });
    await this.#signedIn(account, isLocal);
    this.#token.value = '';
    this.#screen.hidden = true;
  }

  /** @param {Account} account @param {boolean} isLocal @returns {Promise<void>} */
  #signedIn(account, isLocal) {
    return new Promise((resolve) => {
      const submit = async (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        setAttribute(this.#button, 'disabled', true);
        try {
          if (isLocal) await account.signIn(this.#name.value.trim());
          else account.usePasted(this.#token.value);
          if (isLocal) keep(browserStorage, NAME, this.#name.value.trim());
          this.#form.removeEventListener('submit', submit);
          this.#complain('');
          resolve();
        } catch (error) {
          this.#complain(error instanceof TypeError ? 'The server cannot be reached. Check that it runs, then try again.' : error instanceof Error ? error.message : String(error));
        } finally {
          setAttribute(this.#button, 'disabled', false);
        }
      };
      this.#form.addEventListener('submit', submit);
    });
  }

  /** @param {string} problem */
  #complain(problem) {
    setText(this.#problem, problem);
    setAttribute(this.#problem, 'hidden', problem === '');
  }
}
