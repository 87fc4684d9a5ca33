// Reads the Markdown that answers are written in: headings, paragraphs, lists, tables, code, quotes, rules. Text in, a tree out; no HTML is known, so none gets through.

/**
 * @typedef {string
 *   | { kind: 'strong' | 'emphasis' | 'strike', content: Inline[] }
 *   | { kind: 'code', text: string }
 *   | { kind: 'link', href: string, content: Inline[] }
 *   | { kind: 'break' }} Inline
 */
/** @typedef {'left' | 'center' | 'right' | null} Alignment */
/**
 * @typedef {{ kind: 'heading', level: number, content: Inline[] }
 *   | { kind: 'paragraph', content: Inline[] }
 *   | { kind: 'list', ordered: boolean, start: number, items: Block[][] }
 *   | { kind: 'table', alignments: Alignment[], head: Inline[][], rows: Inline[][][] }
 *   | { kind: 'code', text: string }
 *   | { kind: 'quote', content: Block[] }
 *   | { kind: 'rule' }} Block
 */

const DEPTH_MAX = 8;
/** How far the end of a mark is looked for, so that no text takes long. */
const REACH = 2_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*[\w+-]*\s*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^( *)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const ESCAPABLE = '\\`*_{}[]()<>#+-.!|~&"\'$%,/:;=?@^';

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function readMarkdown(text) {
  return readBlocks(text.replace(/\r\n?/g, '\n').replace(/\t/g, '    ').split('\n'), 0);
}

/** @param {string[]} lines @param {number} depth @returns {Block[]} */
function readBlocks(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at += 1;
      continue;
    }
    const fence = FENCE.exec(line)?.[1];
    if (fence) {
      const end = endOf(lines, at + 1, (other) => other.trim().startsWith(fence));
      blocks.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = end + 1;
      continue;
    }
    const heading = HEADING.exec(line);
    if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, content: readInlines(heading[2] ?? '') });
      at += 1;
      continue;
    }
    if (RULE.test(line)) {
      blocks.push({ kind: 'rule' });
      at += 1;
      continue;
    }
    if (QUOTE.test(line) && depth < DEPTH_MAX) {
      const end = endOf(lines, at, (other) => !QUOTE.test(other));
      blocks.push({ kind: 'quote', content: readBlocks(lines.slice(at, end).map((other) => QUOTE.exec(other)?.[1] ?? ''), depth + 1) });
      at = end;
      continue;
    }
    if (ITEM.test(line) && depth < DEPTH_MAX) {
      const end = endOfList(lines, at);
      blocks.push(readList(lines.slice(at, end), depth));
      at = end;
      continue;
    }
    if (line.includes('|') && DIVIDER.test(lines[at + 1] ?? '')) {
      const end = endOf(lines, at + 2, (other) => !other.includes('|'));
      blocks.push(readTable(lines.slice(at, end)));
      at = end;
      continue;
    }
    const end = endOf(lines, at + 1, (other) => other.trim() === '' || startsBlock(other));
    blocks.push({ kind: 'paragraph', content: readInlines(lines.slice(at, end).map((other) => other.replace(/^ +/, '')).join('\n').trimEnd()) });
    at = end;
  }
  return blocks;
}

/** @param {string} line */
const startsBlock = (line) => FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

/** @param {string[]} lines @param {number} from @param {(line: string) => boolean} isEnd */
function endOf(lines, from, isEnd) {
  const end = lines.findIndex((line, place) => place >= from && isEnd(line));
  return end < 0 ? lines.length : end;
}

/** A list goes on over blank lines as long as an item or indented text follows. @param {string[]} lines @param {number} from */
function endOfList(lines, from) {
  const first = ITEM.exec(lines[from] ?? '');
  const indent = first?.[1]?.length ?? 0;
  let end = from + 1;
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const item = ITEM.exec(line);
    // Numbers after bullets, or the other way round, begin a list of their own.
    if (item && (item[1]?.length ?? 0) <= indent + 1 && (item[2] === undefined) !== (first?.[2] === undefined)) break;
    const isInside = line.search(/\S/) > indent || item !== null || (end === at && !startsBlock(line));
    if (!isInside) break;
    end = at + 1;
  }
  return end;
}

/** @param {string[]} lines @param {number} depth @returns {Block} */
function readList(lines, depth) {
  const first = ITEM.exec(lines[0] ?? '');
  const indent = first?.[1]?.length ?? 0;
  /** @type {string[][]} */
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (item[1]?.length ?? 0) <= indent + 1) items.push([item[3] ?? '']);
    else items.at(-1)?.push(line.replace(new RegExp(`^ {0,${indent + (first?.[2] ? 3 : 2)}}`), ''));
  }
  return { kind: 'list', ordered: first?.[2] !== undefined, start: Number(first?.[2] ?? 1), items: items.map((item) => readBlocks(item, depth + 1)) };
}

/** @param {string[]} lines @returns {Block} */
function readTable(lines) {
  const [head = [], divider = [], ...rows] = lines.map(cells);
  /** @type {Alignment[]} */
  const alignments = divider.map((cell) => (/^:-*:$/.test(cell) ? 'center' : cell.endsWith(':') ? 'right' : cell.startsWith(':') ? 'left' : null));
  const width = head.length;
  return {
    kind: 'table', alignments, head: head.map(readInlines),
    rows: rows.map((row) => Array.from({ length: width }, (_, place) => readInlines(row[place] ?? ''))),
  };
}

/** @param {string} line */
function cells(line) {
  /** @type {string[]} */
  const found = [];
  let cell = '';
  const inner = line.trim().replace(/^\|/, '');
  for (let at = 0; at < inner.length; at++) {
    const character = inner[at];
    if (character === '|') {
      found.push(cell.trim());
      cell = '';
    } else {
      cell += character === '\\' && at + 1 < inner.length ? `\\${inner[++at]}` : character;
    }
  }
  if (cell.trim() || found.length === 0) found.push(cell.trim());
  return found;
}

/**
 * @param {string} text
 * @param {number} [depth]
 * @returns {Inline[]}
 */
export function readInlines(text, depth = 0) {
  /** @type {Inline[]} */
  const found = [];
  let plain = '';
  const put = (/** @type {Inline} */ inline, /** @type {number} */ length) => {
    if (plain) found.push(plain);
    plain = '';
    found.push(inline);
    return length;
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + REACH);
    const character = text[at] ?? '';
    const before = text[at - 1] ?? ' ';
    if (character === '\\' && ESCAPABLE.includes(text[at + 1] ?? '\n')) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    const code = character === '`' ? /^(`+)([^`]|[^`][^]*?[^`])\1(?!`)/.exec(rest) : null;
    const link = character === '[' && depth < DEPTH_MAX ? /^\[((?:\\.|[^[\]\\])+)\]\((https?:\/\/[^\s()<>]+)\)/.exec(rest) : null;
    const mark = depth < DEPTH_MAX && '*_~'.includes(character) ? readMark(rest, before) : null;
    if (code) at += put({ kind: 'code', text: (code[2] ?? '').trim() }, code[0].length);
    else if (link) at += put({ kind: 'link', href: link[2] ?? '', content: readInlines(link[1] ?? '', depth + 1) }, link[0].length);
    else if (mark) at += put({ kind: mark.kind, content: readInlines(mark.inner, depth + 1) }, mark.length);
    else if (character === '\n' && /(?: {2}|\\)$/.test(text.slice(0, at))) at += put({ kind: 'break' }, 1);
    else {
      plain += character;
      at += 1;
    }
  }
  if (plain) found.push(plain);
  return found;
}

/** @type {[string, 'strong' | 'emphasis' | 'strike'][]} */
const MARKS = [['**', 'strong'], ['__', 'strong'], ['~~', 'strike'], ['*', 'emphasis'], ['_', 'emphasis']];

/** @param {string} rest @param {string} before */
function readMark(rest, before) {
  for (const [mark, kind] of MARKS) {
    if (!rest.startsWith(mark) || /\s/.test(rest[mark.length] ?? ' ')) continue;
    // snake_case is a word.
    if (mark[0] === '_' && /\w/.test(before)) return null;
    for (let end = rest.indexOf(mark, mark.length + 1); end > 0; end = rest.indexOf(mark, end + 1)) {
      const isEscaped = rest[end - 1] === '\\';
      const isLonger = mark.length === 1 && (rest[end + 1] === mark || rest[end - 1] === mark);
      const isWord = mark[0] === '_' && /\w/.test(rest[end + mark.length] ?? ' ');
      if (!isEscaped && !isLonger && !isWord && !/\s/.test(rest[end - 1] ?? ' ')) return { kind, inner: rest.slice(mark.length, end), length: end + mark.length };
    }
    if (mark.length === 2) return null;
  }
  return null;
}
