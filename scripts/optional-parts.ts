import { onPath } from '../local/host/on-path.ts';
import { findRedis } from '../local/resources/elasticache/redis-binary.ts';

interface OptionalPart {
  readonly name: string;
  /** Says what is missing and how to install it. */
  readonly why: string;
  /** Patterns of the test files that need it. */
  readonly tests: readonly string[];
}

/** Returns the software that tests need and this machine does not have. */
export async function missingParts(): Promise<OptionalPart[]> {
  const missing: OptionalPart[] = [];
  await findRedis().catch((error: Error) =>
    missing.push({ name: 'Redis', why: error.message, tests: ['\\.integration\\.', '\\.e2e\\.'] }),
  );
  if (onPath('uvx') === undefined)
    missing.push({
      name: 'LocalStack and MiniStack',
      why: 'They run through uvx: install uv (https://docs.astral.sh/uv).',
      tests: ['localstack\\.e2e', 'ministack\\.e2e', 'deploy\\.e2e'],
    });
  return missing;
}
