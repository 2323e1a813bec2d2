import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';

import { loadFault } from './load-fault.ts';

const root = resolve(import.meta.dirname, '..');

// Loading aws-cdk-lib is most of a synth: keep it compiled between runs, from the first import on.
enableCompileCache(join(root, 'node_modules/.cache/node'));

// Imported at run time, so that what keeps a settings file from loading is caught.
const loaded = await import('./synthesize.ts').catch((error: Error) => {
  process.stderr.write(`${loadFault(error, root)}\n`);
  process.exitCode = 1;
});
loaded?.synthesize();
