// What a flight record tells: phases with their durations, marks between them, a sentence for each entry. Pure.

import { SERVER_REASONS } from '/client/index.js';

/** @import { ConnectionStateName } from '/client/connectionState.js' */
/** @import { Detail, Entry } from './seen.js' */

/** @typedef {{ state: ConnectionStateName, at: number, took: number, isNow: boolean }} Phase */
/** @typedef {'gate' | 'resume' | 'refused' | 'deadline' | 'slow' | 'end'} MarkKind */
/** @typedef {{ at: number, kind: MarkKind, text: string }} Mark */

/** @type {Readonly<Record<string, string>>} */
const WORDS = Object.freeze({
  UpgradeAccepted: 'The WebSocket was accepted',
  UpgradeFailed: 'The WebSocket could not be accepted',
  HelloReceived: 'The client said hello',
  AuthenticationSucceeded: 'The user is known',
  AuthenticationFailed: 'The credentials were refused',
  GatesChanged: 'The gates were looked at',
  AttachSucceeded: 'Attached to the session',
  AttachFailed: 'The session could not be had',
  WriteBlocked: 'The client does not read at once',
  WriteUnblocked: 'The client reads again',
  RefreshReceived: 'New credentials came',
  RefreshSucceeded: 'The new credentials are good',
  RefreshFailed: 'The new credentials were refused',
  ByeReceived: 'The client said bye',
  DrainRequested: 'The server asked it to move',
  CloseRequested: 'The server closes it',
  CloseReceived: 'The client’s close frame came',
  CloseSent: 'The close frame was written',
  DeadlineElapsed: 'A deadline came up',
  TransportLost: 'The transport ended',
  ScopeLeft: 'The request was over',
});

/** @param {ConnectionStateName} state */
export const isEnd = (state) => state === 'CLOSED' || state === 'FAILED';

/** The states it was in, in order. @param {Detail} detail @returns {Phase[]} */
export function phasesOf({ connection, record }) {
  /** @type {Phase[]} */
  const phases = [{ state: 'CONNECTING', at: 0, took: 0, isNow: false }];
  for (const { at, from, to } of record) {
    if (from === to) continue;
    const last = phases.at(-1);
    if (last) last.took = Math.max(0, at - last.at);
    phases.push({ state: to, at, took: 0, isNow: false });
  }
  const last = phases.at(-1);
  if (last && isEnd(last.state)) {
    phases.pop();
  } else if (last) {
    last.took = Math.max(0, connection.age - last.at);
    last.isNow = true;
  }
  return phases;
}

/** What is worth a mark besides the phases. @param {Detail} detail @returns {Mark[]} */
export function marksOf({ record, isResumed }) {
  return record.flatMap((entry) => {
    const kind = markKind(entry, isResumed === true);
    return kind ? [{ at: entry.at, kind, text: sentenceOf(entry, isResumed) }] : [];
  });
}

/** @param {Entry} entry @param {boolean} isResumed @returns {MarkKind | null} */
function markKind({ event, refused, from, to }, isResumed) {
  if (from !== to && isEnd(to)) return 'end';
  if (refused) return 'refused';
  if (event === 'GatesChanged') return 'gate';
  if (event === 'AttachSucceeded' && isResumed) return 'resume';
  if (event === 'DeadlineElapsed') return 'deadline';
  return event === 'WriteBlocked' ? 'slow' : null;
}

/** One entry in words. @param {Entry} entry @param {boolean | null} isResumed */
export function sentenceOf({ event, refused, cause, count }, isResumed) {
  const words = event === 'AttachSucceeded' && isResumed ? 'Attached: the session was resumed' : WORDS[event] ?? event;
  const why = cause ? `: ${(SERVER_REASONS.find((reason) => reason.cause === cause)?.summary ?? cause).replace(/\.$/, '')}` : '';
  return `${words}${why}${refused ? `; refused, ${refused.replaceAll('_', ' ')}` : ''}${count > 1 ? `, ${count} times` : ''}.`;
}

/**
 * A scale on which milliseconds and hours fit side by side: each phase is as wide as the logarithm of its time, and has a least width.
 * @param {readonly Phase[]} phases
 * @param {number} width
 * @returns {(at: number) => number}
 */
export function scaleOf(phases, width) {
  const weights = phases.map(({ took }) => 1 + Math.log2(1 + took));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return (at) => {
    let left = 0;
    for (const [place, { at: from, took }] of phases.entries()) {
      const own = ((weights[place] ?? 0) / sum) * width;
      if (at < from + took || place === phases.length - 1) {
        const part = took === 0 ? Number(at > from) : Math.log2(1 + Math.min(took, Math.max(0, at - from))) / Math.log2(1 + took);
        return left + part * own;
      }
      left += own;
    }
    return left;
  };
}
