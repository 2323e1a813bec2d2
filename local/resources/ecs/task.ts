import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { startContainerHealth, type ContainerHealth, type HealthCheck } from './container-health.ts';
import type { Children } from '../../kernel/driver.ts';
import { freePort } from '../../host/free-port.ts';

/** What a task needs of a target group it takes requests for. */
export interface Targets {
  register(target: { id: string; host: string; port: number }): void;
  /** Resolves once no request is under way. */
  deregister(id: string): Promise<void>;
  health(id: string): 'initial' | 'healthy' | 'unhealthy' | 'draining' | undefined;
}

/** How to run the tasks of a service. */
export interface TaskDefinition {
  readonly service: string;
  readonly command: readonly string[];
  readonly directory: string;
  /** Asked anew for each task, since a secret may have changed; the port is added to it. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  readonly targets: readonly Targets[];
  readonly healthCheck?: HealthCheck;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
  readonly log: NodeJS.WritableStream;
  readonly children: Children;
}

/** One process of a service. */
export interface Task {
  readonly id: string;
  readonly port: number;
  readonly pid: number;
  /** `performance.now()` of the spawn. */
  readonly startedAt: number;
  /** Resolves when the process has ended, with how: `exit code 1`, `SIGKILL`, or why it could not be started. */
  readonly ended: Promise<string>;
  health(): 'initial' | 'healthy' | 'unhealthy' | 'draining';
  lastLines(): readonly string[];
  /** Leaves the load balancer, lets requests finish, then SIGTERM, and SIGKILL after the stop timeout. */
  stop(): Promise<void>;
  kill(): void;
}

const keptLines = 10;

/** Spawns one task; rejects when its environment cannot be had. A command that cannot be run ends the task at once. */
export async function startTask(definition: TaskDefinition): Promise<Task> {
  const { service, command, directory, targets, healthCheck, stopTimeoutMs, log, children } = definition;
  const environment = await definition.environment();
  const port = await freePort();
  const id = `${service}-${randomBytes(2).toString('hex')}`;
  const env = { ...environment, PORT: String(port), HOST: '127.0.0.1' };
  const [program = '', ...args] = command;
  const startedAt = performance.now();
  const child = spawn(executable(program), args, {
    cwd: directory,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  keepLines(child.stdout);
  keepLines(child.stderr);
  const ended = endOf(child);
  let stopping = false;

  const pid = child.pid ?? 0;
  let container: ContainerHealth | undefined;
  if (pid !== 0) {
    children.add(pid, id);
    for (const target of targets) target.register({ id, host: '127.0.0.1', port });
    if (targets.length === 0 && healthCheck !== undefined) {
      container = startContainerHealth(healthCheck, { directory, env });
    }
  }
  child.once('exit', () => {
    container?.stop();
    children.remove(pid);
    // A dead target is out of rotation at once; nobody waits for requests it can no longer answer.
    for (const target of targets) void target.deregister(id);
  });

  return {
    id,
    port,
    pid,
    startedAt,
    ended,
    health() {
      if (stopping) return 'draining';
      const states = container === undefined ? targets.map((target) => target.health(id)) : [container.state()];
      return states.find((state) => state !== 'healthy') ?? (states.includes(undefined) ? 'initial' : 'healthy');
    },
    lastLines: () => lines,
    async stop() {
      stopping = true;
      await Promise.race([Promise.all(targets.map((target) => target.deregister(id))), ended]);
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
    kill: () => void child.kill('SIGKILL'),
  };

  function keepLines(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${id} ${line}\n`);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    });
  }
}

/** The image's Node is the Node that runs this. */
export const executable = (program: string): string => (program === 'node' ? process.execPath : program);

/** Resolves when the process has ended and what it wrote has been read, unless a child of its own still writes. */
async function endOf(child: ChildProcess): Promise<string> {
  const allRead = once(child, 'close').catch(() => undefined);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    await Promise.race([allRead, sleep(200, undefined, { ref: false })]);
    return signal ?? `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
