import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { expect, test } from '@jest/globals';

import { environmentNames, stackNames } from './environments.ts';
import { synthesize } from './synth.ts';

interface Finding {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Message: string;
}

/** The date pins what cfn-lint itself depends on. */
const linter = ['--exclude-newer', '2026-11-01', '--from', 'cfn-lint==1.58.0', 'cfn-lint'];

/** Returns what cfn-lint finds in templates that are deployed to one region, without the exceptions of the repository. */
async function findingsIn(files: readonly string[], region: string): Promise<readonly Finding[]> {
  const args = ['--config-file', '/dev/null', '--format', 'json', '--regions', region, '--template', ...files];
  const run = promisify(execFile)('uvx', [...linter, ...args], { maxBuffer: 2 ** 26, timeout: 240_000 });
  // It exits with a sum of 2, 4 and 8 for the kinds of findings, and with 1 when it has failed.
  const outcome = await run.catch((error: { readonly stdout: string; readonly code: number }) => error);
  const code = 'code' in outcome ? outcome.code : 0;
  if (code % 2 !== 0 || !outcome.stdout.trim()) throw new Error(`cfn-lint has failed: ${JSON.stringify(outcome)}`);
  return JSON.parse(outcome.stdout) as Finding[];
}

test('cfn-lint finds nothing in any environment but what .cfnlintrc.yaml explains, and all of that', async () => {
  const { files } = await synthesize();
  expect(files).toHaveLength(environmentNames.length * stackNames.length);
  const byRegion = Map.groupBy(files, ({ region }) => region);
  const findings = await Promise.all(
    Array.from(byRegion, ([region, group]) =>
      findingsIn(
        group.map(({ path }) => path),
        region,
      ),
    ),
  );
  const accepted = [...readFileSync('.cfnlintrc.yaml', 'utf8').matchAll(/^ {2}- (\w+)$/gm)].map(([, id]) => id);
  const unexplained = findings.flat().filter(({ Rule }) => !accepted.includes(Rule.Id));
  expect(unexplained.map(({ Filename, Rule, Message }) => `${Filename}: ${Rule.Id} ${Message}`)).toEqual([]);
  expect(new Set(findings.flat().map(({ Rule }) => Rule.Id))).toEqual(new Set(accepted));
});
