import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { containerFiles, containerLabel, docker, removeContainers } from '../../../host/docker.ts';
import type { LaunchedTask, TaskLauncher } from './task-launcher.ts';

/** Variables that name files of this machine, which a container does not have. */
const machineVariables = new Set(['PATH', 'NODE_COMPILE_CACHE']);

export interface ContainerLauncherOptions {
  /** Runs the command `docker run`, which lives as long as its container and passes SIGTERM and output on. */
  readonly processes: TaskLauncher;
  readonly stateDir: string;
  /** Absolute paths of files that containers read at the same path; their names differ. */
  readonly files: readonly string[];
}

/**
 * Runs tasks as containers in the network of this machine, without capabilities. A container's root file system is
 * read-only where the template says so.
 */
export function createContainerLauncher({ processes, stateDir, files }: ContainerLauncherOptions): TaskLauncher {
  const mounts = readableCopies(files, containerFiles(stateDir));
  // A second Ctrl-C kills `docker run`, not its container.
  process.once('exit', () => removeContainers(stateDir));
  return {
    async launch(id, definition): Promise<LaunchedTask> {
      const { container = { image: '', options: [] }, command, environment } = definition;
      const added = ['HOST', 'PORT', 'NODE_OPTIONS'];
      const names = [...Object.keys(await environment()), ...added].filter((name) => !machineVariables.has(name));
      const name = `headroom-${id}`;
      const options = [
        '--rm',
        `--name=${name}`,
        '--network=host',
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        `--label=${containerLabel(stateDir)}`,
        ...mounts.map(({ source, file }) => `--volume=${source}:${file}:ro`),
        // Without a value, so that no secret is in the list of processes.
        ...names.map((variable) => `--env=${variable}`),
        ...container.options,
      ];
      const task = await processes.launch(id, {
        ...definition,
        command: ['docker', 'run', ...options, container.image, ...command],
      });
      const pid = await pidOf(name, task);
      return {
        ...task,
        exec: (check, timeoutMs) => succeeds(docker('exec', name, ...check), timeoutMs),
        signal: (signal) => void docker('kill', '--signal', signal, name).catch(() => task.signal(signal)),
        describe: () => ({ ...task.describe(), pid }),
      };
    },
  };
}

/**
 * Returns copies that every user may read, as containers run as other users. The state folder keeps the other users of this
 * machine out.
 */
function readableCopies(files: readonly string[], dir: string): { source: string; file: string }[] {
  mkdirSync(dir, { recursive: true });
  return files.map((file) => {
    const source = join(dir, basename(file));
    copyFileSync(file, source);
    chmodSync(source, 0o644);
    return { source, file };
  });
}

/** Returns the id of the container's process once it runs; that of `docker run` if it has ended before. */
async function pidOf(name: string, task: LaunchedTask): Promise<number> {
  let ended = false;
  void task.ended.then(() => (ended = true));
  while (!ended) {
    const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', name).catch(() => '0'));
    if (pid > 0) return pid;
    await sleep(50);
  }
  return task.describe().pid;
}

const succeeds = (command: Promise<unknown>, timeoutMs: number): Promise<boolean> =>
  Promise.race([command.then(() => true).catch(() => false), sleep(timeoutMs, false, { ref: false })]);
