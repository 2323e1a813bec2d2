import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Loading aws-cdk-lib is most of a synth: keep it compiled between runs, from the first import on.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/node'));
const { createApp } = await import('../lib/app.ts');
const { environments } = await import('../lib/config/environments.ts');
const { ConfigurationError } = await import('../lib/config/validate.ts');
const { system } = await import('../lib/system.ts');

try {
  createApp(system, environments);
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
