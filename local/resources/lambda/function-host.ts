/** Runs in a process of its own: loads a function's handler as Lambda does, passes it one event, sends the outcome back. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Outcome } from './invocation.ts';

const [file = '', exportName = ''] = (process.argv[2] ?? '').split('.');
const [event] = await once(process, 'message');

let outcome: Outcome;
try {
  const path = ['.mjs', '.js', '.cjs']
    .map((extension) => join(process.cwd(), file + extension))
    .find((each) => existsSync(each));
  if (path === undefined) throw new Error(`there is no ${file}.js in ${process.cwd()}`);
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = module[exportName] ?? (module['default'] as Record<string, unknown> | undefined)?.[exportName];
  if (typeof handler !== 'function') throw new Error(`${path} exports no function ${exportName}`);
  outcome = { result: (await handler(event, { functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'] })) ?? null };
} catch (error) {
  console.error(error);
  outcome = { errorMessage: error instanceof Error ? error.message : String(error) };
}
process.send?.(outcome);
