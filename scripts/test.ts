/**
 * `npm test`: everything, cheapest first, stopping at the first stage that fails. `npm run check`: what needs no server.
 * The last line is the count over all tests run; a static check counts as one test.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingParts } from './optional-parts.ts';

interface Count {
  passed: number;
  failed: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'headroom-test-'));

/** Shows what is being done; the function it answers says how that ended, and after how long. */
function step(name: string): (outcome: string) => void {
  const started = performance.now();
  process.stdout.write(`${name} … `);
  return (outcome) => console.log(`${outcome} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function check(name: string, command: string, args: string[]): Count {
  const done = step(name);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const ok = status === 0;
  done(ok ? 'ok' : 'FAILED');
  if (!ok) process.stdout.write(stdout + stderr);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function jest(project: string, ...more: string[]): Count {
  console.log(`\n${project} tests`);
  const report = join(scratch, `${project}.json`);
  const { status } = spawnSync(
    'npm',
    ['run', '--silent', 'jest', '--', '--selectProjects', project, '--ci', '--json', `--outputFile=${report}`, ...more],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Redis may have to be fetched for it. */
async function findMissingParts() {
  const done = step('optional parts');
  const parts = await missingParts();
  done(parts.length === 0 ? 'ok' : `without ${parts.map(({ name }) => name).join(', ')}`);
  return parts;
}

const onlyChecks = process.argv[2] === '--check';
const missing = onlyChecks ? [] : await findMissingParts();
const ignored = missing.flatMap(({ tests }) => tests.map((pattern) => `--testPathIgnorePatterns=${pattern}`));
const leftOut = ignored.length > 0 ? ['--passWithNoTests', ...ignored] : [];

const stages: (() => Count)[] = [
  () => check('types', 'tsc', []),
  () => check('lint', 'oxlint', ['--deny-warnings']),
  () => check('format', 'oxfmt', ['--check']),
  () => jest('unit'),
];
if (!onlyChecks) {
  // One whole system at a time: two of them on two cores would be measuring each other.
  stages.push(
    () => jest('integration', ...leftOut),
    () => jest('e2e', '--runInBand', ...leftOut),
  );
}

const total: Count = { passed: 0, failed: 0 };
try {
  for (const stage of stages) {
    const count = stage();
    total.passed += count.passed;
    total.failed += count.failed;
    if (total.failed > 0) break;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const { name, why } of missing) console.log(`\nLeft out: the tests that need ${name}. ${why}`);
if (missing.length > 0 && process.env['CI'] === 'true') {
  console.log('With CI=true nothing may be left out.');
  total.failed += missing.length;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
