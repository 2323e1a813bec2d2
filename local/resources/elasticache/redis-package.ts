import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface RedisBinary {
  readonly command: string;
  /** Variables to add to the environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** Limits the wait for a package mirror that does not respond. */
const timeoutMs = 120_000;

const run = async (command: string, args: readonly string[], cwd?: string) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, LC_ALL: 'C' }, timeout: timeoutMs });

/**
 * Unpacks redis-server of Debian or Ubuntu and its missing libraries into `dir`, unless that exists. Needs the network
 * the first time, and no root. Rejects with the output of apt.
 */
export async function redisFromPackage(dir: string): Promise<RedisBinary> {
  if (!existsSync(dir)) await unpack(dir);
  return {
    command: join(dir, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: globSync(join(dir, '{usr/,}lib', '*-linux-*')).join(':') },
  };
}

/** Unpacks into a temporary directory and renames it, so that an interrupted download is started over. */
async function unpack(dir: string): Promise<void> {
  const unfinished = `${dir}.new`;
  const [lists, archives] = [join(unfinished, 'apt', 'lists'), join(unfinished, 'apt', 'archives')];
  await rm(unfinished, { recursive: true, force: true });
  for (const directory of [lists, archives]) await mkdir(join(directory, 'partial'), { recursive: true });
  // Uses separate package lists: those of the system are empty in a fresh image, and only root can update them.
  const settings = { 'Dir::State::lists': lists, 'Dir::Cache': join(unfinished, 'apt'), 'APT::Sandbox::User': 'root' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const apt = async (...args: string[]) => run('apt-get', [...options, ...args], archives);

  await apt('update', '-qq');
  // Debian's redis-server is a link to a program in redis-tools.
  const wanted = ['redis-server', 'redis-tools'];
  const install = ['install', '--print-uris', '--reinstall', '-qq', '-y', '--no-install-recommends', ...wanted];
  const { stdout } = await apt(...install);
  // One line per package: 'https://…/redis-tools_7.0.15_amd64.deb' redis-tools_5%3a7.0.15_amd64.deb 991988 SHA256:…
  const packages = stdout.split('\n').flatMap((line) => /^'[^']*' ([^_\s]+)_/.exec(line)?.[1] ?? []);
  await apt('download', ...packages);
  for (const deb of globSync(join(archives, '*.deb'))) await run('dpkg-deb', ['-x', deb, unfinished]);
  await rm(join(unfinished, 'apt'), { recursive: true });
  await rename(unfinished, dir);
}
