// Frames as they stand on the wire (spec/wire.md §2–§7). What comes from the server is checked here, field by field; what leaves is written here.

import { CAPABILITIES_MAX, isCapability, isName, isProof, nesting } from './wireText.js';

/** @typedef {{ messages: number, bytes: number }} Hold */
/** @typedef {{ hello: number, authentication: number, gate: number, attach: number }} PhaseDeadlines */
/** @typedef {{ direction: 'up' | 'down', from: number, to: number | null }} LostRange */
/** @typedef {{ t: 'open', v: 1, connection: string, now: number, deadlines: PhaseDeadlines, hold: Hold, limits: { message: number, frames: number }, carriers: string[], can: string[] }} OpenFrame */
/** @typedef {{ t: 'authed', user: string | null, anonymous: boolean, expires: number | null, refreshBefore: number | null, hold: Hold }} AuthedFrame */
/** @typedef {{ t: 'gate', name: string, required: boolean, state: 'waiting' | 'open' | 'degraded' | 'failed', elapsed: number, deadline: number | null, retryAfter: number | null }} GateFrame */
/** @typedef {{ t: 'ready', session: string, generation: number, attempt: number, resume: 'new' | 'resumed', window: number, idle: number, received: number, done: number, replayTo: number, lost: LostRange[], previous: { connection: string, code: number, cause: string, explanation?: string } | null, proof?: string | null }} ReadyFrame */
/** @typedef {{ t: 'data', s: number, b: unknown, re: number | null, try: number | null, p: boolean, a: number | null, d: number | null }} DataFrame */
/** @typedef {{ t: 'end', s: number, re: number, try: number, stopped: boolean, a: number | null, d: number | null }} EndFrame */
/** @typedef {{ t: 'void', s: number, re: number, try: number, a: number | null, d: number | null }} VoidFrame */
/** @typedef {{ t: 'nack', s: number, re: number, cause: string, status: string | null, a: number | null, d: number | null }} NackFrame */
/** @typedef {{ t: 'gap', s: number, missed: number, a: number | null, d: number | null }} GapFrame */
/** @typedef {{ t: 'unknown', s: number, a: number | null, d: number | null }} UnknownFrame a numbered frame of a type that a newer server knows */
/** @typedef {{ t: 'ack', a: number, d: number }} AckFrame */
/** @typedef {{ t: 'ping' }} PingFrame */
/** @typedef {{ t: 'refresh', by: number }} RefreshFrame */
/** @typedef {{ t: 'drain', delay: number, by: number }} DrainFrame */
/** @typedef {{ t: 'closing', code: number, cause: string, retry: 'never' | 'new' | 'resume' | 'resume_later', retryAfter: number | null, resumable: boolean, message: string }} ClosingFrame */
/** @typedef {DataFrame | EndFrame | VoidFrame | NackFrame | GapFrame | UnknownFrame} NumberedFrame */
/** @typedef {OpenFrame | AuthedFrame | GateFrame | ReadyFrame | NumberedFrame | AckFrame | PingFrame | RefreshFrame | DrainFrame | ClosingFrame} ServerFrame */

/** Limits that hold until `open` tells others, and those that it never changes. */
export const WireLimits = Object.freeze({
  messageBytes: 65_536,
  serverMessageBytes: 1_048_576,
  frames: 256,
  /** Nesting of a whole message, and of a payload: there is room for the frame and for the array around it. */
  depth: 64,
  payloadDepth: 62,
  idLength: 64,
});

/** The server sent what the protocol forbids. The connection ends with 4902. */
export class FrameError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'FrameError';
  }
}

const encoder = new TextEncoder();

/**
 * The size of a text on the wire.
 * @param {string} text
 */
export const utf8Length = (text) => encoder.encode(text).length;

/** How deep a value nests. @param {unknown} value @returns {number} */
const depthOf = (value) => (typeof value === 'object' && value !== null ? 1 + Object.values(value).reduce((most, item) => Math.max(most, depthOf(item)), 0) : 0);

/**
 * Reads one WebSocket message. Of the frames of an unknown type only the numbered ones are there: the protocol can grow.
 * @param {string} text
 * @returns {ServerFrame[]} in the order to handle them
 * @throws {FrameError}
 */
export function readMessage(text) {
  if (text.length > WireLimits.serverMessageBytes || (text.length * 3 > WireLimits.serverMessageBytes && utf8Length(text) > WireLimits.serverMessageBytes)) {
    throw new FrameError('A message is larger than 1 MiB.');
  }
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('A message is not JSON.');
  }
  const depth = nesting(text);
  if (depth > WireLimits.depth) throw new FrameError(`A message nests more than ${WireLimits.depth} levels.`);
  // Deep enough for a payload that is too deep? In an array the frame stands one level lower, so the whole message's limit says it.
  if (!Array.isArray(value)) return readFrame(value, depth > WireLimits.payloadDepth + 1);
  if (value.length < 1 || value.length > WireLimits.frames) throw new FrameError('An array of frames has 1 to 256 of them.');
  return value.flatMap((item) => readFrame(item, false));
}

/**
 * @param {unknown} value
 * @param {boolean} isDeep whether its payload may nest too deep
 * @returns {ServerFrame[]} none if its type is unknown and it has no number
 */
function readFrame(value, isDeep) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrameError('A frame is a JSON object.');
  const fields = /** @type {Record<string, unknown>} */ (value);
  const type = fields.t;
  if (typeof type !== 'string') throw new FrameError('A frame has no type.');
  if (isDeep && depthOf(fields.b) > WireLimits.payloadDepth) throw new FrameError(`A payload nests more than ${WireLimits.payloadDepth} levels.`);
  if (!Object.hasOwn(READERS, type)) return readUnknown(new Fields(type, fields));
  const read = /** @type {(fields: Fields) => ServerFrame} */ (READERS[/** @type {keyof typeof READERS} */ (type)]);
  return [read(new Fields(type, fields))];
}

/** The fields of one frame, each read with its rule. Absent and `null` are the same where a field may be missing. */
class Fields {
  #type;
  #values;

  /**
   * @param {string} type
   * @param {Record<string, unknown>} values
   */
  constructor(type, values) {
    this.#type = type;
    this.#values = values;
  }

  get values() {
    return this.#values;
  }

  /** @param {string} name @param {string} rule @returns {never} */
  #refuse(name, rule) {
    throw new FrameError(`In ${this.#type}, ${name} has to be ${rule}.`);
  }

  /** @param {string} name */
  has(name) {
    return Object.hasOwn(this.#values, name);
  }

  /** @param {string} name @returns {unknown} */
  any(name) {
    return this.has(name) ? this.#values[name] : this.#refuse(name, 'there');
  }

  /** @param {string} name */
  missing(name) {
    return !this.has(name) || this.#values[name] === null;
  }

  /** @param {string} name @param {number} [least] @param {number} [most] @returns {number} */
  number(name, least = 0, most = Number.MAX_SAFE_INTEGER) {
    const value = this.has(name) ? this.#values[name] : undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) this.#refuse(name, `a whole number from ${least} to ${most}`);
    return value;
  }

  /** @param {string} name @param {number} [least] @param {number} [most] */
  numberOrNull(name, least = 0, most = Number.MAX_SAFE_INTEGER) {
    return this.missing(name) ? null : this.number(name, least, most);
  }

  /** @param {string} name @returns {string} */
  text(name) {
    const value = this.has(name) ? this.#values[name] : undefined;
    return typeof value === 'string' ? value : this.#refuse(name, 'a string');
  }

  /** A string that names something. @param {string} name @returns {string} */
  name(name) {
    const value = this.text(name);
    return isName(value) ? value : this.#refuse(name, 'a string of 1 to 128 characters, none of them a control character');
  }

  /** @param {string} name */
  textOrNull(name) {
    return this.missing(name) ? null : this.text(name);
  }

  /** @param {string} name @returns {boolean} */
  flag(name) {
    const value = this.has(name) ? this.#values[name] : undefined;
    return typeof value === 'boolean' ? value : this.#refuse(name, 'true or false');
  }

  /** @param {string} name */
  flagOrFalse(name) {
    return this.missing(name) ? false : this.flag(name);
  }

  /**
   * @template {string} T
   * @param {string} name
   * @param {readonly T[]} choices
   * @returns {T}
   */
  choice(name, choices) {
    const value = this.has(name) ? this.#values[name] : undefined;
    return choices.find((choice) => choice === value) ?? this.#refuse(name, `one of ${choices.join(', ')}`);
  }

  /** @param {string} name @returns {Fields} */
  object(name) {
    const value = this.has(name) ? this.#values[name] : undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#refuse(name, 'an object');
    return new Fields(`${this.#type}.${name}`, /** @type {Record<string, unknown>} */ (value));
  }

  /**
   * @template T
   * @param {string} name
   * @param {(item: unknown) => T | undefined} read `undefined` refuses
   * @returns {T[]}
   */
  list(name, read) {
    const value = this.has(name) ? this.#values[name] : undefined;
    if (!Array.isArray(value)) this.#refuse(name, 'an array');
    return value.map((/** @type {unknown} */ item) => read(item) ?? this.#refuse(name, 'an array of the right kind'));
  }
}

/** @param {Fields} fields @returns {Hold} */
const readHold = (fields) => ({ messages: fields.number('messages'), bytes: fields.number('bytes') });

/** The acknowledgements that ride on a numbered frame. @param {Fields} fields */
function readRiders(fields) {
  const a = fields.numberOrNull('a');
  const d = fields.numberOrNull('d');
  if (a !== null && d !== null && d > a) throw new FrameError('More is done than was stored.');
  return { a, d };
}

/** A frame of a type that is not known here: numbered if it has a number. @param {Fields} fields @returns {ServerFrame[]} */
function readUnknown(fields) {
  const s = fields.values.s;
  return typeof s === 'number' && Number.isSafeInteger(s) && s >= 1 ? [{ t: 'unknown', s, ...readRiders(fields) }] : [];
}

/** @param {Fields} fields @returns {string | null} */
function readProof(fields) {
  const proof = fields.textOrNull('proof');
  if (proof !== null && !isProof(proof)) throw new FrameError('In ready, proof has to be a string of 1 to 1,024 characters from ! to ~.');
  return proof;
}

/** @param {Fields} fields @returns {string[]} */
function readCan(fields) {
  if (fields.missing('can')) return [];
  const can = fields.list('can', (item) => (isCapability(item) ? /** @type {string} */ (item) : undefined));
  if (can.length > CAPABILITIES_MAX) throw new FrameError(`can has at most ${CAPABILITIES_MAX} names.`);
  return can;
}

/** @param {unknown} item @returns {LostRange | undefined} */
function readLost(item) {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const fields = new Fields('ready.lost', /** @type {Record<string, unknown>} */ (item));
  const from = fields.number('from', 1);
  return { direction: fields.choice('direction', /** @type {const} */ (['up', 'down'])), from, to: fields.numberOrNull('to', from) };
}

/** One reader for each type of frame. Those with a prefix of numbers share `readRiders`. */
const READERS = {
  /** @param {Fields} fields @returns {OpenFrame} */
  open(fields) {
    fields.number('v', 1, 1);
    const deadlines = fields.object('deadlines');
    const limits = fields.object('limits');
    return {
      t: 'open', v: 1, connection: fields.name('connection'), now: fields.number('now'),
      deadlines: { hello: deadlines.number('hello'), authentication: deadlines.number('authentication'), gate: deadlines.number('gate'), attach: deadlines.number('attach') },
      hold: readHold(fields.object('hold')),
      limits: { message: limits.number('message', 1), frames: limits.number('frames', 1) },
      carriers: fields.list('carriers', (item) => (typeof item === 'string' ? item : undefined)),
      can: readCan(fields),
    };
  },

  /** @param {Fields} fields @returns {AuthedFrame} */
  authed: (fields) => ({
    t: 'authed', user: fields.textOrNull('user'), anonymous: fields.flagOrFalse('anonymous'), expires: fields.numberOrNull('expires'), refreshBefore: fields.numberOrNull('refreshBefore'),
    hold: readHold(fields.object('hold')),
  }),

  /** @param {Fields} fields @returns {GateFrame} */
  gate: (fields) => ({
    t: 'gate', name: fields.name('name'), required: fields.flag('required'),
    state: fields.choice('state', /** @type {const} */ (['waiting', 'open', 'degraded', 'failed'])),
    elapsed: fields.number('elapsed'), deadline: fields.numberOrNull('deadline'), retryAfter: fields.numberOrNull('retryAfter'),
  }),

  /** @param {Fields} fields @returns {ReadyFrame} */
  ready(fields) {
    const resume = fields.choice('resume', /** @type {const} */ (['new', 'resumed']));
    const received = fields.number('received', 0, resume === 'new' ? 0 : undefined);
    const previous = fields.missing('previous') ? null : fields.object('previous');
    return {
      t: 'ready', session: fields.name('session'), generation: fields.number('generation', 1), attempt: fields.number('attempt', 1), resume,
      window: fields.number('window', 1), idle: fields.number('idle', 1), received, done: fields.number('done', 0, received), replayTo: fields.number('replayTo'),
      lost: fields.missing('lost') ? [] : fields.list('lost', readLost),
      proof: readProof(fields),
      previous: previous && { connection: previous.name('connection'), code: previous.number('code', 1000, 4999), cause: previous.name('cause'), ...(previous.missing('explanation') ? {} : { explanation: previous.name('explanation') }) },
    };
  },

  /** @param {Fields} fields @returns {DataFrame} */
  data(fields) {
    const re = fields.numberOrNull('re', 1);
    const attempt = fields.numberOrNull('try', 1);
    const p = fields.flagOrFalse('p');
    if ((re === null) !== (attempt === null)) throw new FrameError('In data, re and try come together.');
    if (p && re === null) throw new FrameError('In data, p needs re.');
    return { t: 'data', s: fields.number('s', 1), b: fields.any('b'), re, try: attempt, p, ...readRiders(fields) };
  },

  /** @param {Fields} fields @returns {EndFrame} */
  end: (fields) => ({
    t: 'end', s: fields.number('s', 1), re: fields.number('re', 1), try: fields.number('try', 1), stopped: fields.flagOrFalse('stopped'), ...readRiders(fields),
  }),

  /** @param {Fields} fields @returns {VoidFrame} */
  void: (fields) => ({ t: 'void', s: fields.number('s', 1), re: fields.number('re', 1), try: fields.number('try', 1), ...readRiders(fields) }),

  /** @param {Fields} fields @returns {NackFrame} */
  nack: (fields) => ({
    t: 'nack', s: fields.number('s', 1), re: fields.number('re', 1), cause: fields.name('cause'), status: fields.textOrNull('status'), ...readRiders(fields),
  }),

  /** @param {Fields} fields @returns {GapFrame} */
  gap: (fields) => ({ t: 'gap', s: fields.number('s', 1), missed: fields.number('missed', 1), ...readRiders(fields) }),

  /** @param {Fields} fields @returns {AckFrame} */
  ack(fields) {
    const a = fields.number('a');
    return { t: 'ack', a, d: fields.number('d', 0, a) };
  },

  /** @returns {PingFrame} */
  ping: () => ({ t: 'ping' }),

  /** @param {Fields} fields @returns {RefreshFrame} */
  refresh: (fields) => ({ t: 'refresh', by: fields.number('by') }),

  /** @param {Fields} fields @returns {DrainFrame} */
  drain: (fields) => ({ t: 'drain', delay: fields.number('delay'), by: fields.number('by') }),

  /** @param {Fields} fields @returns {ClosingFrame} */
  closing: (fields) => ({
    t: 'closing', code: fields.number('code', 1000, 4999), cause: fields.name('cause'),
    retry: fields.choice('retry', /** @type {const} */ (['never', 'new', 'resume', 'resume_later'])),
    retryAfter: fields.numberOrNull('retryAfter'), resumable: fields.flag('resumable'), message: fields.textOrNull('message') ?? '',
  }),
};
