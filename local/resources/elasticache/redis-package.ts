import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface RedisBinary {
  readonly command: string;
  /** What it needs in its environment besides ours. */
  readonly env: NodeJS.ProcessEnv;
}

/** A mirror that does not answer must not hold up the start for ever. */
const timeoutMs = 120_000;

const run = async (command: string, args: readonly string[], cwd?: string) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, LC_ALL: 'C' }, timeout: timeoutMs });

/**
 * Debian's and Ubuntu's redis-server, with the libraries that are not installed, unpacked into `dir` unless it is there
 * already. Needs the network once, and no root; rejects with what apt said.
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
  const [lists, archives] = [join(unfinished, 'apt', 'lists'), join(unfinished, 'apt', 'archives')];
  await rm(unfinished, { recursive: true, force: true });
  for (const directory of [lists, archives]) await mkdir(join(directory, 'partial'), { recursive: true });
  // Package lists of its own: the system's are empty in a fresh image, and only root may fetch them there.
  const own = { 'Dir::State::lists': lists, 'Dir::Cache': join(unfinished, 'apt'), 'APT::Sandbox::User': 'root' };
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = async (...args: string[]) => run('apt-get', [...options, ...args], archives);

  await apt('update', '-qq');
  // Debian's redis-server is a link to a program in redis-tools.
  const wanted = ['redis-server', 'redis-tools'];
  const asked = ['install', '--print-uris', '--reinstall', '-qq', '-y', '--no-install-recommends', ...wanted];
  const { stdout } = await apt(...asked);
  // A line each: 'https://…/redis-tools_7.0.15_amd64.deb' redis-tools_5%3a7.0.15_amd64.deb 991988 SHA256:…
  const packages = stdout.split('\n').flatMap((line) => /^'[^']*' ([^_\s]+)_/.exec(line)?.[1] ?? []);
  await apt('download', ...packages);
  for (const deb of globSync(join(archives, '*.deb'))) await run('dpkg-deb', ['-x', deb, unfinished]);
  await rm(join(unfinished, 'apt'), { recursive: true });
  await rename(unfinished, dir);
}
