import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

interface OptionalPart {
  readonly name: string;
  /** What a person can do about it. */
  readonly why: string;
  /** Patterns of the test files that need it. */
  readonly tests: readonly string[];
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The parts of the tests that this machine cannot run. */
export function missingParts(): OptionalPart[] {
  const missing: OptionalPart[] = [];
  if (!isOnPath('uvx'))
    missing.push({
      name: 'LocalStack',
      why: 'It is started through uvx; install uv (https://docs.astral.sh/uv) to run them.',
      tests: ['localstack\\.e2e'],
    });
  return missing;
}
