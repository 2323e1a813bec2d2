import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

import type { Status } from '../kernel/driver.ts';
import { Refusal } from '../kernel/refusal.ts';
import { readRun } from '../host/state.ts';

/** A status asks the databases too, which may take 5 s to be found unreachable. */
const answerTimeoutMs = 15_000;

export interface Controls {
  status(): Promise<Status>;
  kill(taskId: string): boolean;
}

/** Answers the other terminal on a Unix socket: `GET /status`, `DELETE /tasks/ID`. */
export async function startControl(socket: string, controls: Controls): Promise<{ stop(): Promise<void> }> {
  rmSync(socket, { force: true });
  const server = createServer((incoming, response) => {
    void answer(`${incoming.method} ${incoming.url}`).then(
      ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
    );
  });

  async function answer(call: string): Promise<[number, unknown]> {
    if (call === 'GET /status') return [200, await controls.status()];
    const taskId = /^DELETE \/tasks\/(.+)$/.exec(call)?.[1];
    if (taskId === undefined) return [404, { error: `no ${call}` }];
    return controls.kill(decodeURIComponent(taskId))
      ? [200, {}]
      : [404, { error: `There is no task ${taskId}; npm run local -- status lists them.` }];
  }

  server.listen(socket);
  await once(server, 'listening');
  return {
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Asks the runtime that runs on a state folder; throws a Refusal when there is none or it declines. */
export async function askControl(stateDir: string, method: string, path: string): Promise<unknown> {
  const run = readRun(stateDir);
  if (run === undefined) {
    throw new Refusal(`Headroom is not running (state in ${stateDir}). Start it with npm start in another terminal.`);
  }
  const outgoing = request({
    socketPath: run.control,
    method,
    path,
    signal: AbortSignal.timeout(answerTimeoutMs),
  }).end();
  const [response] = (await once(outgoing, 'response').catch((error: Error) => {
    throw new Refusal(`Headroom (pid ${run.pid}) does not answer yet: ${error.message}. Try again in a moment.`);
  })) as [IncomingMessage];
  const body = await json(response);
  if (response.statusCode !== 200) throw new Refusal((body as { error: string }).error);
  return body;
}
