import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.js';
import { BadRequest } from './request.js';
import { mutantsOf } from './tree.js';

const env = {
  // What a mutant keeps from being disposed must not take the next one's watchers of files, of which a user has 128.
  DOTNET_hostBuilder__reloadConfigOnChange: 'false',
  DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_CLI_UI_LANGUAGE: 'en', MSBUILDDISABLENODEREUSE: '1',
  // Stryker.NET asks `dotnet --info` and gives up after seconds; a busy machine needs longer.
  DOTNET_INFO_WAIT_TIME: '600000',
  // Many mutants hang, and a test that waits fails soon. On a machine that is busier than this bears, tests fail without any mutant, which Stryker.NET says.
  AIRLOCK_PATIENCE: '20',
};

/** The words of Stryker.NET for a mutant that a pattern leaves out. */
const LEFT_OUT = 'Removed by mutate filter';

const listing = 'tests/Airlock.Listing.Tests';

/** The mutants of a C# part. @param {typeof import('./parts.js').parts.core} part @param {string} tree @param {string} work */
export function dotnet(part, tree, work) {
  const source = path.join(tree, part.source), project = `${path.basename(part.source)}.csproj`;

  /** @param {string} tests @param {string[]} mutate @param {string} coverage @param {() => void} beat */
  async function stryker(tests, mutate, coverage, beat) {
    const config = path.join(work, 'stryker.json'), output = path.join(work, 'stryker');
    const settings = { project, mutate, 'test-runner': 'mtp', reporters: ['json'], 'coverage-analysis': coverage, concurrency: 1, 'additional-timeout': 15_000, configuration: 'Debug' };
    writeFileSync(config, JSON.stringify({ 'stryker-config': settings }));
    rmSync(output, { recursive: true, force: true });
    const log = path.join(work, 'stryker.log');
    const { code } = await run('dotnet', ['stryker', '-f', config, '-O', output, '--skip-version-check'], { cwd: path.join(tree, tests), env, log, beat });
    const report = path.join(output, 'reports/mutation-report.json');
    if (!existsSync(report)) throw new BadRequest(`Stryker.NET ended with ${code} and without a report: ${log} says why. Usual reasons: a test that fails without any mutant, no room on the disk.`);
    return mutantsOf(report, source);
  }

  return {
    version: 'Stryker.NET 5.1.0',
    ending: '.cs',

    async prepare() {
      const { code, output } = await run('dotnet', ['tool', 'restore'], { cwd: tree, env }).catch(() => ({ code: null, output: '' }));
      if (code === null) throw new BadRequest('The .NET 10 SDK is missing: install it and run this again.');
      if (code !== 0) throw new BadRequest(`'dotnet tool restore' failed; it needs NuGet once:\n${output.trim()}`);
    },

    /** All mutants that compile. One empty test stands for the tests: nothing is run. @param {() => void} beat */
    async list(beat) {
      const folder = path.join(tree, listing);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'Airlock.Listing.Tests.csproj'), `<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="../../${part.source}/${project}" /></ItemGroup></Project>\n`);
      writeFileSync(path.join(folder, 'NothingTests.cs'), 'public class NothingTests { [Fact] public void Nothing_is_run() { } }\n');
      const mutants = await stryker(listing, ['**/*.cs{0..1}'], 'off', beat);
      rmSync(folder, { recursive: true });
      return mutants.filter(({ status, reason }) => status === 'Ignored' && reason === LEFT_OUT);
    },

    /**
     * A pattern takes what lies within its span, so a place that is wanted brings the places within it; what of them is not wanted is left out again,
     * but for those around a wanted place: these run, too, and nobody counts them.
     * @param {import('./sample.js').Placed[]} wanted @param {import('./sample.js').Placed[]} all @param {() => void} beat
     */
    test(wanted, all, beat) {
      const within = (/** @type {any} */ a, /** @type {any} */ b) => a.file === b.file && a.start >= b.start && a.end <= b.end;
      const names = new Set(wanted.map((mutant) => mutant.place));
      const unwanted = all.filter((mutant) => !names.has(mutant.place) && wanted.some((one) => within(mutant, one)) && !wanted.some((one) => within(one, mutant)));
      const pattern = (/** @type {import('./sample.js').Placed} */ { file, start, end }) => `${file}{${start}..${end}}`;
      return stryker(part.tests, [...new Set([...wanted.map(pattern), ...unwanted.map((mutant) => `!${pattern(mutant)}`)])], 'perTest', beat);
    },

    /** Builds the tree and asks projects of tests. @param {string[]} projects @param {number} seconds for each */
    async ask(projects, seconds) {
      for (const tests of projects) {
        const name = path.basename(tests);
        const built = await run('dotnet', ['build', tests, '-c', 'Debug', '-v', 'q', '-m:1'], { cwd: tree, env });
        if (built.code !== 0) return { status: 'CompileError', output: built.output };
        const started = await run(path.join(tree, 'artifacts/bin', name, 'debug', name), ['-noColor', '-stopOnFail', '-class-', '*.MutationTests'], { cwd: tree, env, seconds });
        if (started.late) return { status: 'Killed', output: `did not end within ${seconds} s` };
        if (started.code !== 0) return { status: 'Killed', output: started.output };
      }
      return { status: 'Survived', output: '' };
    },

    /** @returns {string[]} */
    quick: () => [part.tests],
  };
}
