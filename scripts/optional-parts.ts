import { onPath } from '../local/host/on-path.ts';
import { findRedis } from '../local/resources/elasticache/redis-binary.ts';

interface OptionalPart {
  readonly name: string;
  /** What is wrong, and what a person can do about it. */
  readonly why: string;
  /** Patterns of the test files that need it. */
  readonly tests: readonly string[];
}

/** The parts of the tests that this machine cannot run. */
export async function missingParts(): Promise<OptionalPart[]> {
  const missing: OptionalPart[] = [];
  await findRedis().catch((error: Error) =>
    missing.push({ name: 'Redis', why: error.message, tests: ['\\.integration\\.', '\\.e2e\\.'] }),
  );
  if (onPath('uvx') === undefined)
    missing.push({
      name: 'LocalStack',
      why: 'It is started through uvx: install uv (https://docs.astral.sh/uv).',
      tests: ['localstack\\.e2e'],
    });
  return missing;
}
