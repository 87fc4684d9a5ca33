// The live view: signs in by the one-time link, then shows what the feed tells.

import { find, setAttribute, setText } from '../element.js';
import { DetailView } from './detailView.js';
import { Feed } from './feed.js';
import { FilterView } from './filterView.js';
import { FlowView } from './flowView.js';
import { OverviewView } from './overviewView.js';
import { RowList } from './rowList.js';
import { CONNECTIONS, SESSIONS, span } from './rows.js';

/** @import { ConnectionRow, SessionRow } from './seen.js' */
/** @import { RowKind } from './rowList.js' */

/** What is listed. @typedef {ConnectionRow | SessionRow} Row */

const NUMBER = new Intl.NumberFormat();
const view = find('#view', HTMLElement);
const gate = find('#gate', HTMLElement);
const rows = find('#rows', HTMLElement);
const signOut = find('#sign-out', HTMLButtonElement);
const pause = find('#pause', HTMLButtonElement);

/** @param {'idle' | 'busy' | 'good' | 'warn' | 'bad'} tone @param {string} text */
function showStatus(tone, text) {
  setAttribute(find('#status', HTMLElement), 'data-tone', tone);
  setText(find('#status-text', HTMLElement), text);
}

/** Why one does not see anything. @type {Readonly<Record<string, [string, string]>>} */
const REFUSALS = Object.freeze({
  key_refused: ['The link cannot be used', 'It is not the latest one, was opened before, or has expired.'],
  forbidden: ['This view is for administrators', 'You are signed in, but not as an administrator.'],
  credentials_missing: ['This view is for administrators', 'You are not signed in as one.'],
  signed_out: ['Signed out', 'This browser is no administrator any more.'],
  unreachable: ['The server cannot be reached', 'Check that it runs and that you are online.'],
});

/** @param {string} cause */
function refuse(cause) {
  const [title, text] = REFUSALS[cause] ?? ['The live view has stopped', `The feed ended with ${cause}.`];
  setText(find('#gate-title', HTMLElement), title);
  setText(find('#gate-text', HTMLElement), text);
  // Another link does not help where nobody answers.
  setAttribute(find('#gate-how', HTMLElement), 'hidden', cause === 'unreachable');
  view.hidden = signOut.hidden = pause.hidden = true;
  gate.hidden = false;
  setAttribute(document.body, 'data-state', null);
  showStatus(cause === 'unreachable' ? 'bad' : 'idle', cause === 'unreachable' ? 'Server not reached' : 'Not signed in');
}

/** Uses the key of the address up, and takes it out of the address before anything else can see it. @returns {Promise<string | null>} why it was refused */
async function useKey() {
  const key = /^#key=([\w-]+)$/.exec(location.hash)?.[1];
  if (!key) return null;
  history.replaceState(null, '', location.pathname);
  try {
    const response = await fetch('/live/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) });
    return response.ok ? null : (await response.json().catch(() => null))?.cause ?? `status_${response.status}`;
  } catch {
    return 'unreachable';
  }
}

/** @param {string | null} keyRefused why the link could not be used: of no matter to who is an administrator already */
function watch(keyRefused) {
  const end = new AbortController();
  const { signal } = end;
  const filters = new FilterView((filter) => {
    list.restart(kindOf(filter.list));
    setAttribute(rows, 'aria-label', filter.list === 'connections' ? 'Connections' : 'Sessions');
    feed.want({ ...filter, ...list.window });
  });
  /** @type {RowList<Row>} */
  const list = new RowList(rows, kindOf('connections'), (from, count) => feed?.want({ from, count }), (row) => select('id' in row ? row.id : row.connection));
  const flow = new FlowView((state) => filters.choose({ state: filters.filter.state === state ? null : state, cause: null }));
  const overview = new OverviewView({ listSessions: () => filters.show('sessions'), listCause: (cause) => filters.choose({ state: null, cause }) });
  const detail = new DetailView(() => {
    select(null);
    rows.focus();
  });
  /** @type {Feed} */
  const feed = new Feed({ ...filters.filter, from: 0, count: 40, selected: null });

  /** @param {string | null} id */
  function select(id) {
    detail.select(id);
    feed.want({ selected: id });
  }

  feed.addEventListener('seen', () => {
    const { seen, look } = feed;
    if (!seen) return;
    if (view.hidden) {
      view.hidden = signOut.hidden = pause.hidden = false;
      setAttribute(document.body, 'data-state', 'live');
    }
    flow.update(seen, look.list === 'connections' ? look.state : null);
    overview.update(seen);
    detail.update(seen.selected);
    if (seen.list !== look.list) return;
    list.update({ total: seen.matched, from: seen.from, rows: seen.rows, selected: look.selected });
    const isEmpty = seen.matched === 0;
    setAttribute(find('#empty', HTMLElement), 'hidden', !isEmpty);
    setText(find('#empty-text', HTMLElement), look.list === 'sessions' ? 'No session is like this.' : look.state === 'ENDED' || look.cause ? 'No connection has ended like this. The latest 256 are remembered.' : 'No connection is like this.');
    setText(find('#matched', HTMLElement), `${NUMBER.format(seen.matched)} ${look.list === 'sessions' ? 'session' : 'connection'}${seen.matched === 1 ? '' : 's'}`);
    showState();
  }, { signal });

  function showState() {
    const { state, seen, seenAt } = feed;
    const isFresh = state.name === 'PROCESSING_READY' || state.name === 'DEGRADED';
    setAttribute(view, 'data-stale', !isFresh);
    if (isFresh && feed.isPaused) showStatus('idle', `Paused; as of ${span(Date.now() - seenAt)} ago`);
    else if (isFresh) showStatus(seen?.isDraining ? 'warn' : 'good', seen?.isDraining ? 'The server is draining' : 'Live');
    else if (state.name === 'DRAINING') showStatus('warn', 'The server is draining');
    else showStatus(seen ? 'warn' : 'busy', seen ? `Reconnecting; as of ${span(Date.now() - seenAt)} ago` : 'Connecting…');
  }
  feed.addEventListener('state', showState, { signal });
  const clock = setInterval(() => {
    if (feed.seen && (feed.isPaused || view.getAttribute('data-stale') !== null)) showState();
  }, 1_000);
  feed.addEventListener('over', () => {
    clearInterval(clock);
    end.abort();
    refuse(feed.cause === 'client_closed' || feed.cause === 'bye' ? 'signed_out' : feed.cause === 'credentials_missing' && keyRefused ? keyRefused : feed.cause ?? 'credentials_missing');
  }, { signal });
  pause.addEventListener('click', () => {
    if (feed.isPaused) feed.goOn();
    else feed.pause();
    setAttribute(pause, 'aria-pressed', feed.isPaused ? 'true' : 'false');
    showState();
  }, { signal });
  signOut.addEventListener('click', async () => {
    await fetch('/live/sign-out', { method: 'POST' }).catch(() => undefined);
    await feed.leave();
  }, { signal });
}

/** @param {'connections' | 'sessions'} list @returns {RowKind<Row>} */
const kindOf = (list) => /** @type {RowKind<Row>} */ (/** @type {unknown} */ (list === 'connections' ? CONNECTIONS : SESSIONS));

// A link that is opened where the page is open already changes the address only.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#key=')) location.reload();
});
find('#gate-again', HTMLButtonElement).addEventListener('click', () => location.reload());
watch(await useKey());
