import { on } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';

import { fastify } from 'fastify';

import type { EventStream, SystemEvent } from '../kernel/events.ts';
import type { Changes } from '../kernel/engine.ts';
import { explain, Refusal } from '../kernel/refusal.ts';
import type { Status } from '../status.ts';

/** The operations that the runtime offers to other terminals and programs. */
export interface Controls {
  readonly events: EventStream;
  status(): Promise<Status>;
  /** @param resource key or label */
  act(resource: string, action: string, parameters: unknown): Promise<unknown>;
  apply(): Promise<Changes>;
}

export interface ActRequest {
  readonly resource: string;
  readonly action: string;
  readonly parameters: unknown;
}

/**
 * Serves the controls on a Unix socket that only its owner may use: `GET /status`, `POST /act`, `POST /apply`, `GET /events`
 * (server-sent events).
 */
export async function startControl(socket: string, controls: Controls): Promise<{ stop(): Promise<void> }> {
  rmSync(socket, { force: true });
  const app = fastify({ forceCloseConnections: true });
  const stopping = new AbortController();
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof Refusal ? 409 : 500).send({ error: explain(error) }),
  );
  app.get('/status', () => controls.status());
  app.post('/apply', () => controls.apply());
  app.post<{ Body: ActRequest }>('/act', async ({ body }) => {
    const { resource, action, parameters } = body;
    return { result: (await controls.act(resource, action, parameters)) ?? null };
  });
  app.get('/events', (_request, reply) => {
    reply.header('content-type', 'text/event-stream');
    return reply.send(Readable.from(eventLines(controls.events, stopping.signal)));
  });
  await app.listen({ path: socket });
  chmodSync(socket, 0o600);
  return {
    async stop() {
      stopping.abort();
      await app.close();
    },
  };
}

async function* eventLines(events: EventStream, signal: AbortSignal): AsyncGenerator<string> {
  // Sent at once, so that the client knows that it receives every event from now on.
  yield ': connected\n\n';
  try {
    for await (const [event] of on(events, 'event', { signal }) as AsyncIterable<[SystemEvent]>) {
      yield `event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
