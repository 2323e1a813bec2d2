import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';

import { readRun } from './host/state.ts';
import type { Changes } from './kernel/engine.ts';
import type { SystemEvent } from './kernel/events.ts';
import { Refusal } from './kernel/refusal.ts';
import type { Status } from './status.ts';

/** A client of the runtime that uses a state folder. All methods throw the Refusal that the runtime responds with. */
export interface Client {
  status(): Promise<Status>;
  /** Runs an action of a resource, given by key or label. Returns the result of the action. */
  act(resource: string, action: string, parameters?: object): Promise<unknown>;
  /** Synthesizes again and updates the resources that differ. Resolves when all resources are steady. */
  apply(): Promise<Changes>;
  /** Yields the events from now on, until the runtime stops, the signal aborts or the loop ends. */
  events(signal?: AbortSignal): AsyncIterable<SystemEvent>;
}

export interface StartedSystem extends Client {
  readonly process: ChildProcess;
  /** Returns everything that the process has printed. */
  output(): string;
  /** Stops the system in order. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface StartSystemOptions {
  readonly stateDir: string;
  readonly edgePort: number;
  readonly endpointPort: number;
  /** Further arguments of `npm start`. @default - none */
  readonly args?: readonly string[];
  /** Set in addition to this process's environment. @default - none */
  readonly env?: NodeJS.ProcessEnv;
}

/** In ms. A status also queries the databases, which takes up to 5 s if they are unreachable. */
const responseTimeoutMs = 15_000;
/** In ms. Long enough for a rolling deployment of every service. */
const applyTimeoutMs = 15 * 60_000;

/**
 * Returns a client of the runtime that uses a state folder. Its methods throw a Refusal while no runtime is running.
 */
export function connect(stateDir: string): Client {
  const call = async (method: string, path: string, body?: object, timeoutMs = responseTimeoutMs): Promise<unknown> => {
    const response = await send(stateDir, method, path, body, AbortSignal.timeout(timeoutMs));
    const result = await json(response);
    if (response.statusCode !== 200) throw new Refusal((result as { error: string }).error);
    return result;
  };
  return {
    status: async () => (await call('GET', '/status')) as Status,
    act: async (resource, action, parameters = {}) =>
      ((await call('POST', '/act', { resource, action, parameters })) as { result: unknown }).result,
    apply: async () => (await call('POST', '/apply', {}, applyTimeoutMs)) as Changes,
    async *events(signal) {
      const response = await send(stateDir, 'GET', '/events', undefined, signal);
      try {
        for await (const line of createInterface({ input: response })) {
          if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as SystemEvent;
        }
      } catch (error) {
        // The runtime closes the connection when it stops.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      } finally {
        response.destroy();
      }
    },
  };
}

async function send(
  stateDir: string,
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const run = readRun(stateDir);
  if (run === undefined) {
    throw new Refusal(`Headroom is not running (state in ${stateDir}). Start it with npm start in another terminal.`);
  }
  const outgoing = request({
    socketPath: run.control,
    method,
    path,
    signal,
    headers: body && { 'content-type': 'application/json' },
  });
  outgoing.end(body && JSON.stringify(body));
  const [response] = (await once(outgoing, 'response').catch((error: Error) => {
    throw new Refusal(`Headroom (pid ${run.pid}) does not respond yet: ${error.message}. Try again in a few seconds.`);
  })) as [IncomingMessage];
  return response;
}

/** Runs `npm start` in a child process. Resolves when the system is up; rejects with the output if the start fails. */
export async function start(options: StartSystemOptions): Promise<StartedSystem> {
  const { stateDir, edgePort, endpointPort, args = [], env = {} } = options;
  const main = resolve(import.meta.dirname, 'cli/main.ts');
  const addresses = ['--state', stateDir, '--port', String(edgePort), '--endpoint-port', String(endpointPort)];
  const child = spawn(process.execPath, [main, 'start', ...addresses, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const up = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Headroom is up')) up.resolve();
    });
  }
  const ended = exited.then(([code]) => {
    throw new Error(`npm start ended with ${code} before the system was up:\n${output}`);
  });
  ended.catch(() => undefined);
  await Promise.race([up.promise, ended]);
  return {
    ...connect(stateDir),
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      const [code] = await exited;
      return code;
    },
  };
}
