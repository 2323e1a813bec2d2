import { createApp } from '../lib/app.ts';
import { environments } from '../lib/config/environments.ts';
import { ConfigurationError } from '../lib/config/validate.ts';
import { system } from '../lib/system.ts';

/** Synthesizes the environments; sets the exit code 1 when the configuration is refused. */
export function synthesize(): void {
  try {
    createApp(system, environments);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
