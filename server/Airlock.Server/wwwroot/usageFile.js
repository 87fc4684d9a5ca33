// A usage export that goes along with a question: from a file, from the clipboard, or dropped. The server reads it for good; here it is only looked at.

/** @typedef {{ name: string, text: string }} UsageFile */

const CHARACTERS_MAX = 60_000;
const COLUMNS = ['date', 'model', 'input_tokens', 'output_tokens', 'cost_usd'];

/** Whether a text begins as a usage export does. @param {string} text */
export function looksLikeUsage(text) {
  const [head = '', second] = text.trimStart().split('\n', 2);
  const names = head.toLowerCase().split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
  return second !== undefined && COLUMNS.filter((column) => names.includes(column)).length >= 2;
}

/** @param {File} file @returns {Promise<UsageFile>} @throws {Error} with what to do */
export async function readUsageFile(file) {
  if (file.size > 4 * CHARACTERS_MAX) throw tooLarge();
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Error(`${file.name} could not be read. Is it a folder, or has it been moved?`);
  });
  try {
    return checkUsage(file.name, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${file.name} is no UTF-8 text. Save it as “CSV UTF-8” and attach it again.`);
    throw error;
  }
}

/** @param {string} name @param {string} text @returns {UsageFile} @throws {Error} with what to do */
export function checkUsage(name, text) {
  const trimmed = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n').trim();
  if (trimmed.length > CHARACTERS_MAX) throw tooLarge();
  if (!looksLikeUsage(trimmed)) throw new Error(`This is no usage export. Line 1 must name the columns, with commas between them: ${COLUMNS.join(', ')}.`);
  if (trimmed.includes('```')) throw new Error(`This is no usage export. Line ${trimmed.slice(0, trimmed.indexOf('```')).split('\n').length} contains ` + '```.');
  return { name, text: trimmed };
}

const tooLarge = () => new Error(`The file is too large: at most ${CHARACTERS_MAX.toLocaleString()} characters. Use a shorter period.`);
