import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PluginKind, declareValuePlugin } from '@stryker-mutator/api/plugin';

// A range in a pattern of files takes all that lies within it; a checker is asked for each mutant, and what it refuses is not run.
const wanted = new Set(process.env.MUTATION_SAMPLE ? JSON.parse(readFileSync(process.env.MUTATION_SAMPLE, 'utf8')) : []);

/** @param {any} mutant */
const nameOf = ({ fileName, location, mutatorName, replacement }) => JSON.stringify([path.relative(process.cwd(), fileName), location.start.line + 1, location.start.column + 1, mutatorName, replacement]);

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Checker, 'only-these', {
    init: async () => {},
    check: async (/** @type {any[]} */ mutants) => Object.fromEntries(mutants.map((mutant) => [mutant.id, wanted.has(nameOf(mutant)) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' }])),
    group: async (/** @type {any[]} */ mutants) => [mutants.map((mutant) => mutant.id)],
  }),
];
