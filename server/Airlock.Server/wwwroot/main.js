// The page: who is here, then the conversation and all that shows it.

import { Account } from './account.js';
import { Composer } from './composer.js';
import { ConnectionView } from './connectionView.js';
import { Conversation } from './conversation.js';
import { ConversationView } from './conversationView.js';
import { find, setAttribute, setText } from './element.js';
import { NetworkControls } from './networkControls.js';
import { PhaseView } from './phaseView.js';
import { RoughNetwork } from './roughNetwork.js';
import { SignInView } from './signInView.js';
import { tabStorage } from './storage.js';
import { Suggestions } from './suggestions.js';
import { endingOf, isLive, statusOf } from './words.js';

/** While something counts up or down, it is shown anew this often. */
const TICK = 200;

const network = new RoughNetwork();
const signInView = new SignInView();
const chat = find('#chat', HTMLElement);
const stage = find('.stage', HTMLElement);
const foot = find('.foot', HTMLElement);
const notice = find('#notice', HTMLElement);
const noticeButton = find('#notice-button', HTMLButtonElement);
const status = find('#status', HTMLElement);
const who = find('#who', HTMLElement);
const lifecycle = find('#lifecycle', HTMLElement);
const strip = find('#strip', HTMLButtonElement);

/** @param {boolean} isShown the panel, where it does not fit beside the conversation */
function showLifecycle(isShown) {
  setAttribute(lifecycle, 'data-open', isShown);
  setAttribute(strip, 'aria-expanded', isShown ? 'true' : 'false');
}

/** @param {'idle' | 'busy' | 'good' | 'warn' | 'bad'} tone @param {string} text */
function showStatus(tone, text) {
  setAttribute(status, 'data-tone', tone);
  setText(find('#status-text', HTMLElement), text);
}

/** @param {string} title @param {string} text @param {string} [button] */
function showNotice(title, text, button) {
  (chat.hidden ? stage : foot).prepend(notice);
  setText(find('#notice-title', HTMLElement), title);
  setText(find('#notice-text', HTMLElement), text);
  setAttribute(noticeButton, 'hidden', !button);
  setText(noticeButton, button ?? '');
  notice.hidden = false;
}

/**
 * The chat, until the user leaves it.
 * @param {Account} account
 * @returns {Promise<string>} why it ended, to be shown where one signs in
 */
function converse(account) {
  const end = new AbortController();
  const { signal } = end;
  const conversation = new Conversation(account, network, tabStorage);
  const phases = new PhaseView();
  const connections = new ConnectionView();
  const controls = new NetworkControls(network, () => conversation.cut(), signal);
  const composer = new Composer({ ask: (text, csv) => conversation.ask(text, csv), stop: () => conversation.stop() }, tabStorage, signal);
  new ConversationView(conversation, (question) => composer.ask(question), signal);
  const suggestions = new Suggestions((question) => composer.ask(question), () => composer.choose());

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const show = () => {
    clearTimeout(timer);
    if (signal.aborted) return;
    const { state, log, current } = conversation;
    const now = Date.now();
    const { tone, text } = statusOf(state, { online: navigator.onLine, now, isAnswering: current?.status === 'working', condition: network.condition, until: network.until });
    showStatus(tone, text);
    setAttribute(document.body, 'data-state', state.name);
    setAttribute(document.body, 'data-live', isLive(state.name));
    setAttribute(document.body, 'data-over', state.final);
    document.title = current?.status === 'working' ? 'Answering… · Airlock' : 'Airlock: AI cost analyst';
    phases.update(log.latest, now);
    connections.update(log, now);
    controls.update(now);
    // Nobody can be told to stop any more.
    composer.answering = current !== null && !state.final;
    suggestions.update(conversation);
    if (network.condition !== 'working' || (!isLive(state.name) && !state.final)) timer = setTimeout(show, TICK);
  };
  // A burst of changes is one picture.
  let isDue = false;
  const soon = () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      show();
    });
  };
  conversation.addEventListener('connection', soon, { signal });
  conversation.addEventListener('exchange', soon, { signal });
  network.addEventListener('change', soon, { signal });
  for (const type of ['online', 'offline']) addEventListener(type, soon, { signal });
  conversation.addEventListener('storage', () => showNotice('A reload will not resume', 'This tab may not store anything, or its storage is full. Everything else works.', 'Go on'), { signal });

  setText(who, account.name ?? '');
  chat.hidden = false;
  find('#account', HTMLElement).hidden = false;
  notice.hidden = true;
  show();
  composer.focus();

  return new Promise((resolve) => {
    const leave = async (/** @type {string} */ why, /** @type {boolean} */ forget, /** @type {Promise<unknown>} */ also = Promise.resolve()) => {
      end.abort();
      if (forget) composer.clear();
      clearTimeout(timer);
      chat.hidden = true;
      setAttribute(document.body, 'data-state', null);
      find('#account', HTMLElement).hidden = true;
      showLifecycle(false);
      showStatus('idle', 'Signed out');
      network.repair();
      await Promise.all([conversation.leave({ forget }), also]);
      resolve(why);
    };
    conversation.addEventListener('closed', () => {
      const ending = endingOf(conversation.closed?.cause ?? '');
      showNotice(ending.title, ending.text, ending.button);
      show();
    }, { signal });
    noticeButton.addEventListener('click', () => {
      notice.hidden = true;
      if (!conversation.closed) return composer.focus();
      const { action } = endingOf(conversation.closed?.cause ?? '');
      if (action === 'sign-in') return void leave('', false);
      conversation.startAnew();
      composer.focus();
    }, { signal });
    account.addEventListener('signedout', () => void leave('You were signed out. Sign in again; what you asked is kept.', false), { signal });
    find('#sign-out', HTMLButtonElement).addEventListener('click', () => {
      void leave('', true, account.signOut().catch(() => undefined));
    }, { signal });
  });
}

strip.addEventListener('click', () => showLifecycle(strip.getAttribute('aria-expanded') !== 'true'));
find('#lifecycle-close', HTMLButtonElement).addEventListener('click', () => {
  showLifecycle(false);
  strip.focus();
});
lifecycle.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || lifecycle.getAttribute('data-open') === null) return;
  event.preventDefault();
  showLifecycle(false);
  strip.focus();
});

/** @returns {Promise<Account>} */
async function loadAccount() {
  for (;;) {
    try {
      return await Account.load();
    } catch {
      showStatus('bad', 'Server not reached');
      showNotice('The server cannot be reached', 'Check that it runs and that you are online.', 'Try again');
      await new Promise((resolve) => noticeButton.addEventListener('click', resolve, { once: true }));
      notice.hidden = true;
    }
  }
}

const account = await loadAccount();
for (let why = ''; ;) {
  if (account.name === null) {
    showStatus('idle', 'Signed out');
    await signInView.show(account, why);
  }
  why = await converse(account);
}
