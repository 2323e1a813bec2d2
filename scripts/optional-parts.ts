import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { docker } from '../local/host/docker.ts';
import { onPath } from '../local/host/on-path.ts';
import { findRedis } from '../local/resources/elasticache/redis-binary.ts';

interface OptionalPart {
  readonly name: string;
  /** Says what is missing and how to install it. */
  readonly why: string;
  /** Patterns of the test files that need it. */
  readonly tests: readonly string[];
  /** Whether its absence is a failure with CI=true. */
  readonly required: boolean;
}

/** Returns the software that tests need and this machine does not have. */
export async function missingParts(): Promise<OptionalPart[]> {
  const missing: OptionalPart[] = [];
  await findRedis().catch((error: Error) =>
    missing.push({ name: 'Redis', why: error.message, tests: ['\\.integration\\.', '\\.e2e\\.'], required: true }),
  );
  if (onPath('uvx') === undefined)
    missing.push({
      name: 'LocalStack, MiniStack and cfn-lint',
      why: 'They run through uvx: install uv (https://docs.astral.sh/uv).',
      tests: ['localstack\\.e2e', 'ministack\\.e2e', 'deploy\\.e2e', 'cfn-lint\\.integration'],
      required: true,
    });
  await findBaseImage().catch((error: Error) =>
    missing.push({ name: 'Docker', why: error.message, tests: ['containers\\.e2e'], required: false }),
  );
  return missing;
}

/**
 * Pulls the base image of the services, unless it is there.
 * @throws Refusal if Docker does not run or the registry cannot be reached
 */
async function findBaseImage(): Promise<void> {
  const dockerfile = readFileSync(resolve(import.meta.dirname, '../app/Dockerfile'), 'utf8');
  const image = /^FROM (\S+)/m.exec(dockerfile)?.[1] ?? '';
  await docker('image', 'inspect', '--format', '{{.Id}}', image).catch(() => docker('pull', '--quiet', image));
}
