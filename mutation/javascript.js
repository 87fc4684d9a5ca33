import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.js';
import { BadRequest } from './request.js';
import { mutantsOf, root } from './tree.js';

/** The mutants of the JavaScript client. @param {typeof import('./parts.js').parts.javascript} part @param {string} tree @param {string} work */
export function javascript(part, tree, work) {
  const client = path.join(tree, 'clients/js'), own = path.join(root, 'mutation');
  const quick = () => readdirSync(path.join(client, 'test')).filter((name) => name.endsWith('.test.js') && !part.slow.includes(name)).sort().map((name) => `test/${name}`);

  /** @param {string[]} tests @param {string[] | null} places @param {() => void} beat */
  async function stryker(tests, places, beat) {
    const config = path.join(work, 'stryker.json'), report = path.join(work, 'report.json'), wanted = path.join(work, 'sample.json'), log = path.join(work, 'stryker.log');
    rmSync(report, { force: true });
    writeFileSync(wanted, JSON.stringify(places ?? []));
    writeFileSync(config, JSON.stringify({
      mutate: ['src/**/*.js'], testRunner: 'tap', plugins: [path.join(own, 'node_modules/@stryker-mutator/tap-runner/dist/src/index.js'), path.join(own, 'onlyThese.js')],
      // In place: the tests read what lies above the client's folder. The tree is a copy.
      checkers: ['only-these'], inPlace: true, tempDirName: path.join(work, 'temp'), concurrency: 1, coverageAnalysis: places === null ? 'off' : 'perTest',
      tap: { testFiles: tests, nodeArgs: ['--test-reporter=tap'] }, reporters: ['json'], jsonReporter: { fileName: report }, timeoutMS: 120_000, dryRunTimeoutMinutes: 30,
    }));
    const { code } = await run('node', [path.join(own, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', config], { cwd: client, env: { MUTATION_SAMPLE: wanted }, log, beat });
    if (!existsSync(report)) throw new BadRequest(`StrykerJS ended with ${code} and without a report: ${log} says why. Usual reason: a test that fails without any mutant.`);
    // What a mutant throws where no test waits for it fails the file and none of its tests: StrykerJS calls that an error of the run.
    const isKilled = (/** @type {{ status: string, reason: string }} */ { status, reason }) => status === 'RuntimeError' && reason.includes('Tap process exited with code');
    return mutantsOf(report, path.join(client, 'src')).map((mutant) => (isKilled(mutant) ? { ...mutant, status: 'Killed' } : mutant));
  }

  return {
    version: 'StrykerJS 9.6.1',
    ending: '.js',

    async prepare() {
      for (const folder of [own, client]) {
        if (existsSync(path.join(folder, 'node_modules/.package-lock.json'))) continue;
        const { code, output } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder }).catch(() => ({ code: null, output: '' }));
        if (code === null) throw new BadRequest('npm is missing: install it (it comes with node) and run this again.');
        if (code !== 0) throw new BadRequest(`'npm ci' in ${folder} failed; it needs the npm registry once:\n${output.trim()}`);
      }
    },

    /** @param {() => void} beat */
    async list(beat) {
      return (await stryker(['test/acks.test.js'], null, beat)).filter(({ status }) => status === 'CompileError');
    },

    /** @param {(import('./sample.js').Placed & { column: number })[]} wanted @param {import('./sample.js').Placed[]} all @param {() => void} beat */
    test(wanted, all, beat) {
      return stryker(quick(), [...new Set(wanted.map(({ file, line, column, mutator, replacement }) => JSON.stringify([`src/${file}`, line, column, mutator, replacement])))], beat);
    },

    /** @param {string[]} tests @param {number} seconds for each */
    async ask(tests, seconds) {
      const files = tests[0] === part.tests ? readdirSync(path.join(client, 'test')).filter((name) => name.endsWith('.test.js')).map((name) => `test/${name}`) : tests;
      for (const file of files) {
        const { code, late, output } = await run('node', ['--test-reporter=tap', file], { cwd: client, seconds });
        if (late) return { status: 'Killed', output: `${file} did not end within ${seconds} s` };
        if (code !== 0) return { status: 'Killed', output };
      }
      return { status: 'Survived', output: '' };
    },

    quick,
  };
}
