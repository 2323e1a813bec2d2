import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { fingerprint } from './fingerprint.ts';
import { Refusal } from '../kernel/refusal.ts';

const root = resolve(import.meta.dirname, '../..');
/** Everything that a synthesis reads. */
const sources = ['bin', 'lib', 'app', 'lambda', 'cdk.json', 'package-lock.json', 'node_modules/.package-lock.json'];

/**
 * Writes the cloud assembly of the `local` environment, as `cdk synth -c env=local` does: the CDK CLI runs the app in
 * cdk.json with the same two variables, and takes a second longer. Reuses an assembly of the same sources.
 *
 * @param inUse whether tasks run from the existing assembly: its assets are not deleted
 * @returns whether the assembly was written
 */
export async function synthesize(directory: string, inUse: boolean, signal: AbortSignal): Promise<boolean> {
  const fingerprintFile = `${directory}.fingerprint`;
  const current = fingerprint(sources.map((path) => join(root, path)));
  if (existsSync(fingerprintFile) && readFileSync(fingerprintFile, 'utf8') === current) return false;
  rmSync(fingerprintFile, { force: true });
  if (!inUse) rmSync(directory, { recursive: true, force: true });
  await runApp(directory, signal);
  writeFileSync(fingerprintFile, current);
  return true;
}

async function runApp(directory: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { app, context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
    app: string;
    context?: Record<string, unknown>;
  };
  const [, ...args] = app.split(' ');
  // Deleted afterwards, so that an interrupted synthesis leaves no temporary files.
  const temporary = `${directory}.tmp`;
  mkdirSync(temporary, { recursive: true });
  // The files of images are copied with their modes, and an image runs as another user. The state folder keeps others out.
  const own = process.umask(0o022);
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...process.env,
      TMPDIR: temporary,
      CDK_OUTDIR: directory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, env: 'local' }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.umask(own);
  const output: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop);
  const [code] = (await once(child, 'close')) as [number | null];
  signal.removeEventListener('abort', stop);
  rmSync(temporary, { recursive: true, force: true });
  signal.throwIfAborted();
  if (code !== 0) {
    throw new Refusal(`The local environment cannot be synthesized:\n${Buffer.concat(output).toString().trim()}`);
  }
}
