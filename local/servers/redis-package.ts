import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RedisBinary } from './redis-binary.ts';

/** A mirror that does not answer must not hold up the start for ever. */
const timeoutMs = 120_000;

const run = async (command: string, args: readonly string[], cwd?: string) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, LC_ALL: 'C' }, timeout: timeoutMs });

/**
 * Debian's and Ubuntu's redis-server, with the libraries that are not installed, unpacked into `dir` unless it is there
 * already. Needs apt's package lists (`apt-get update`) and the network once; rejects with what apt said.
 */
export async function redisFromPackage(dir: string): Promise<RedisBinary> {
  if (!existsSync(dir)) await unpack(dir);
  return {
    command: join(dir, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: globSync(join(dir, '{usr/,}lib', '*-linux-*')).join(':') },
  };
}

/** Unpacked beside its place and renamed, so that a fetch cut short is begun anew. */
async function unpack(dir: string): Promise<void> {
  const unfinished = `${dir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, 'debs'), { recursive: true });
  // Debian's redis-server is a link to a program in redis-tools.
  const wanted = ['redis-server', 'redis-tools'];
  const asked = ['install', '--print-uris', '--reinstall', '-qq', '-y', '--no-install-recommends', ...wanted];
  const { stdout } = await run('apt-get', asked);
  // A line each: 'https://…/redis-tools_7.0.15_amd64.deb' redis-tools_5%3a7.0.15_amd64.deb 991988 SHA256:…
  const packages = stdout.split('\n').flatMap((line) => /^'[^']*' ([^_\s]+)_/.exec(line)?.[1] ?? []);
  await run('apt-get', ['download', ...packages], join(unfinished, 'debs'));
  for (const deb of globSync(join(unfinished, 'debs', '*.deb'))) await run('dpkg-deb', ['-x', deb, unfinished]);
  await rm(join(unfinished, 'debs'), { recursive: true });
  await rename(unfinished, dir);
}
