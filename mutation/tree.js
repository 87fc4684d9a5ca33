import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository that this file is in. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** @param {string} folder @returns {string[]} what is in it, however deep, as paths from it */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    // What tools have made in the copy.
    return ['node_modules', 'obj', 'bin', 'artifacts', 'StrykerOutput'].includes(entry.name) ? [] : filesIn(path.join(folder, entry.name)).map((file) => `${entry.name}/${file}`);
  });
}

/** Writes only what differs, so that builds stay incremental. @param {string} file @param {Buffer | string} content */
function write(file, content) {
  if (existsSync(file) && readFileSync(file).equals(Buffer.from(content))) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: statSync(file, { throwIfNoEntry: false })?.mode });
}

/**
 * Makes `tree` a copy of the repository as it is now, without what git ignores and without the files or folders in `without`. Style is not checked
 * there: mutated code has none, and analyzers take longer than the compiler.
 * @param {string} tree @param {string[]} without
 */
export function copy(tree, without) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0');
  const files = listed.filter((file) => file !== '' && existsSync(path.join(root, file)) && !without.some((left) => file === left || file.startsWith(`${left}/`)));
  mkdirSync(tree, { recursive: true });
  for (const file of files) {
    let content = readFileSync(path.join(root, file));
    if (file === 'Directory.Build.props') {
      const loose = '<PropertyGroup><RunAnalyzers>false</RunAnalyzers><EnforceCodeStyleInBuild>false</EnforceCodeStyleInBuild><TreatWarningsAsErrors>false</TreatWarningsAsErrors></PropertyGroup>';
      content = Buffer.from(content.toString().replace('</Project>', `${loose}\n</Project>`));
    }
    write(path.join(tree, file), content);
  }
  const kept = new Set([...files, '.config/dotnet-tools.json']);
  for (const file of filesIn(tree)) if (!kept.has(file)) rmSync(path.join(tree, file));
  write(path.join(tree, '.config/dotnet-tools.json'), readFileSync(path.join(root, 'mutation/.config/dotnet-tools.json')));
}

/** A name for what is in a folder of the repository now. @param {string} folder @param {string} ending */
export function fingerprint(folder, ending) {
  const hash = createHash('sha256');
  for (const file of filesIn(path.join(root, folder)).filter((name) => name.endsWith(ending)).sort()) hash.update(file).update('\0').update(readFileSync(path.join(root, folder, file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** The text of a file without its mark of byte order, which no position counts. @param {string} file */
export const textOf = (file) => readFileSync(file, 'utf8').replace(/^\uFEFF/, '');

/**
 * The mutants of a report in the common format of both Strykers.
 * @param {string} report @param {string} source the folder that was mutated @returns {(import('./sample.js').Mutant & { status: string, reason: string })[]}
 */
export function mutantsOf(report, source) {
  const { files, projectRoot } = JSON.parse(readFileSync(report, 'utf8'));
  return Object.entries(files).flatMap(([name, { mutants }]) => {
    const full = path.resolve(projectRoot ?? '', name), text = textOf(full);
    const lines = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
    const offset = (/** @type {{ line: number, column: number }} */ { line, column }) => lines[line - 1] + column - 1;
    return mutants.map((/** @type {any} */ { location, mutatorName, replacement, status, statusReason = '' }) => {
      const start = offset(location.start), end = offset(location.end);
      return { file: path.relative(source, full), start, end, line: location.start.line, column: location.start.column, mutator: mutatorName, replacement, original: text.slice(start, end), status, reason: statusReason };
    });
  });
}
