// One question and what became of it. Pure: what the server says goes in, the exchange changes; whoever holds it keeps and shows it.

/** @typedef {{ name: string, rows: number }} CsvNote what is remembered of a file that went along */
/** @typedef {'queued' | 'sent' | 'working' | 'done' | 'stopped' | 'failed' | 'unknown'} ExchangeStatus `unknown`: it was sent, and the server that had it is gone */
/** @typedef {{ message: string, action: string }} Problem what went wrong, and what to do */
/**
 * @typedef {object} Step one line of the agent's trace
 * @property {'started' | 'thinking' | 'tool' | 'completed' | 'error' | 'stopped'} kind
 * @property {string} text what it is about; of a tool, what came out
 * @property {string | null} tool
 * @property {string | null} callId of a tool
 * @property {boolean | null} ok of a tool; `null` while it runs
 * @property {number | null} at by the server's clock
 */
/**
 * @typedef {object} Exchange
 * @property {string} id the message's id: its idempotency key
 * @property {string} question
 * @property {CsvNote | null} csv
 * @property {number | null} at when it was asked
 * @property {ExchangeStatus} status
 * @property {boolean} stopping stop was asked for, and is not confirmed
 * @property {number | null} try which attempt of the server wrote what is here
 * @property {string | null} agent
 * @property {string | null} run
 * @property {Step[]} steps
 * @property {string} draft the answer as far as it has come: provisional until the exchange is done or stopped
 * @property {string | null} answer the answer, committed
 * @property {Problem | null} problem
 * @property {string[]} notes what else happened to it, for the reader
 */

const STEPS_MAX = 200;
const NOTES_MAX = 8;

/** @param {string} id @param {string} question @param {CsvNote | null} csv @param {number | null} at @returns {Exchange} */
export function newExchange(id, question, csv, at) {
  return { id, question, csv, at, status: 'queued', stopping: false, try: null, agent: null, run: null, steps: [], draft: '', answer: null, problem: null, notes: [] };
}

/** Whether the server may still have to say something about it. @param {Exchange} exchange */
export const isOpen = ({ status }) => status === 'queued' || status === 'sent' || status === 'working';

/**
 * A message of the turn that handles it has come.
 * @param {Exchange} exchange
 * @param {any} payload from the server: only what is known is taken
 * @param {number | null} attempt
 */
export function applyPayload(exchange, payload, attempt) {
  if (attempt !== null && exchange.try !== null && attempt > exchange.try) withdraw(exchange);
  exchange.try = attempt ?? exchange.try;
  if (exchange.status !== 'stopped') exchange.status = 'working';
  exchange.agent = text(payload.agent_name) || exchange.agent;
  exchange.run = text(payload.run_id) || exchange.run;
  const at = Date.parse(text(payload.timestamp)) || null;
  switch (payload.type) {
    case 'agent_started': return addStep(exchange, { kind: 'started', text: 'Started', tool: null, callId: null, ok: null, at });
    case 'agent_thinking': return addStep(exchange, { kind: 'thinking', text: text(payload.text), tool: null, callId: null, ok: null, at });
    case 'tool_executing': return addStep(exchange, { kind: 'tool', text: '', tool: text(payload.tool), callId: text(payload.call_id), ok: null, at });
    case 'tool_completed': return completeTool(exchange, payload, at);
    case 'answer_delta':
      exchange.draft += text(payload.text);
      return;
    case 'agent_completed':
      exchange.answer = text(payload.text) || exchange.draft;
      return addStep(exchange, { kind: 'completed', text: 'Completed', tool: null, callId: null, ok: true, at });
    case 'agent_error':
      exchange.problem = { message: text(payload.message) || 'The agent could not answer.', action: text(payload.action) || 'Ask again in a moment.' };
      return addStep(exchange, { kind: 'error', text: exchange.problem.message, tool: null, callId: null, ok: false, at });
    case 'refused':
      exchange.problem = { message: text(payload.message) || 'The server did not understand this.', action: 'Reload the page and ask again.' };
      return;
    default:
  }
}

/** The turn has ended: what is here is final. @param {Exchange} exchange @param {boolean} stopped */
export function settle(exchange, stopped) {
  if (!isOpen(exchange)) return;
  exchange.stopping = false;
  if (stopped && exchange.answer === null) {
    exchange.status = 'stopped';
    addStep(exchange, { kind: 'stopped', text: 'Stopped by you', tool: null, callId: null, ok: null, at: null });
  } else {
    exchange.status = exchange.problem ? 'failed' : 'done';
  }
}

/** The attempt failed: its parts vanish, with a note. @param {Exchange} exchange @param {string} cause */
export function voidTry(exchange, cause) {
  withdraw(exchange);
  exchange.status = 'sent';
  addNote(exchange, cause === 'session_lost'
    ? 'The session was lost, so what had been written was withdrawn. The question was sent again.'
    : 'An attempt failed, so what it had written was withdrawn. The server tries again.');
}

/** It will not be handled. @param {Exchange} exchange @param {string} cause @param {string | null} status */
export function refuse(exchange, cause, status) {
  if (exchange.answer !== null) return settle(exchange, false);
  if (cause === 'duplicate') {
    exchange.status = status === 'pending' ? 'sent' : 'unknown';
    addNote(exchange, status === 'pending' ? 'Another tab is waiting for this answer; it appears here when it is done.' : 'It was answered before; the answer is being fetched.');
    return;
  }
  exchange.status = 'failed';
  exchange.problem ??= PROBLEMS[cause] ?? { message: `The question was refused (${cause}).`, action: 'Ask again.' };
}

/** The answer came by way of the history. @param {Exchange} exchange @param {string} answer */
export function fillIn(exchange, answer) {
  exchange.answer = answer;
  exchange.status = 'done';
  exchange.problem = null;
}

/** The server that had it is gone, and its answer with it. @param {Exchange} exchange */
export function giveUp(exchange) {
  exchange.status = 'failed';
  exchange.problem = { message: 'The server that worked on this is gone, and the answer with it.', action: 'Ask again.' };
}

/** @param {Exchange} exchange @param {string} note */
export function addNote(exchange, note) {
  if (exchange.notes.at(-1) !== note) exchange.notes = [...exchange.notes, note].slice(-NOTES_MAX);
}

/** @type {Record<string, Problem>} */
const PROBLEMS = {
  handler_failed: { message: 'The server tried several times and could not answer.', action: 'Ask again; if it keeps failing, look at the server’s log.' },
  message_too_large: { message: 'The question is larger than the server takes.', action: 'Paste a shorter period of usage.' },
  principal_changed: { message: 'Another user has signed in meanwhile, so this was not sent.', action: 'Ask again if you still want to.' },
};

/** @param {Exchange} exchange */
function withdraw(exchange) {
  Object.assign(exchange, { steps: [], draft: '', answer: null, problem: null, run: null });
}

/** @param {Exchange} exchange @param {any} payload @param {number | null} at */
function completeTool(exchange, payload, at) {
  const running = exchange.steps.find((step) => step.kind === 'tool' && step.callId === payload.call_id && step.ok === null);
  if (!running) return;
  running.ok = payload.ok === true;
  running.text = text(payload.summary);
  running.at ??= at;
}

/** @param {Exchange} exchange @param {Step} step */
function addStep(exchange, step) {
  if (exchange.steps.length < STEPS_MAX) exchange.steps.push(step);
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');
