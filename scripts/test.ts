/**
 * `npm test`: runs all checks and tests, the fastest first, until a stage fails. `npm run check`: only those that need
 * no server. The last line is the number of passed and failed tests; a static check counts as one test.
 */
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { Command } from 'commander';

import { tolerateClosedOutput } from '../local/host/output.ts';
import { runJest } from './jest.ts';
import { missingParts } from './optional-parts.ts';
import { run } from './run.ts';

interface Count {
  passed: number;
  failed: number;
}

const report = resolve(import.meta.dirname, '../node_modules/.cache/jest-report.json');

/** Prints the name of a step. The returned function prints its outcome and duration. */
function step(name: string): (outcome: string) => void {
  const started = performance.now();
  process.stdout.write(`${name} … `);
  return (outcome) => console.log(`${outcome} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

async function check(name: string, command: string, args: string[]): Promise<Count> {
  const done = step(name);
  const output: Buffer[] = [];
  const code = await run(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }, ({ stdout, stderr }) => {
    for (const stream of [stdout, stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
  });
  if (code === undefined) process.exit(130);
  const ok = code === 0;
  done(ok ? 'ok' : 'FAILED');
  if (!ok) process.stdout.write(Buffer.concat(output));
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

async function jest(project: string, ...more: string[]): Promise<Count> {
  console.log(`\n${project} tests`);
  rmSync(report, { force: true });
  const args = ['--selectProjects', project, '--ci', '--json', `--outputFile=${report}`, ...more];
  const code = await runJest(args, ['ignore', 'ignore', 'inherit']);
  if (code === undefined) process.exit(130);
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Also downloads Redis if the machine has none. */
async function findMissingParts() {
  const done = step('optional parts');
  const parts = await missingParts();
  done(parts.length === 0 ? 'ok' : `without ${parts.map(({ name }) => name).join(', ')}`);
  return parts;
}

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
const { check: onlyChecks = false } = new Command('npm test --')
  .description('Checks types, lint and format, then runs unit, integration and end-to-end tests, until a stage fails.')
  .option('--check', 'only the stages that need no server: npm run check')
  .version(version)
  .parse()
  .opts<{ check?: true }>();
tolerateClosedOutput(() => undefined);
const missing = onlyChecks ? [] : await findMissingParts();
const ignored = missing.flatMap(({ tests }) => tests.map((pattern) => `--testPathIgnorePatterns=${pattern}`));
const leftOut = ignored.length > 0 ? ['--passWithNoTests', ...ignored] : [];

const stages: (() => Count | Promise<Count>)[] = [
  () => check('types', 'tsc', []),
  () => check('lint', 'oxlint', ['--deny-warnings']),
  () => check('format', 'oxfmt', ['--check']),
  // Some wait for time to pass, so one worker more than there are cores is faster.
  () => jest('unit', `--maxWorkers=${availableParallelism() + 1}`),
];
if (!onlyChecks) {
  // Runs one system at a time: two of them on two cores slow each other down.
  stages.push(
    () => jest('integration', ...leftOut),
    () => jest('e2e', '--runInBand', ...leftOut),
  );
}

const total: Count = { passed: 0, failed: 0 };
for (const stage of stages) {
  const count = await stage();
  total.passed += count.passed;
  total.failed += count.failed;
  if (total.failed > 0) break;
}

for (const { name, why } of missing) console.log(`\nLeft out: the tests that need ${name}. ${why}`);
const required = missing.filter((part) => part.required);
if (required.length > 0 && process.env['CI'] === 'true') {
  console.log(`With CI=true no test may be left out for want of ${required.map(({ name }) => name).join(' and ')}.`);
  total.failed += required.length;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
