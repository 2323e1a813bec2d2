import { tracingChannel } from 'node:diagnostics_channel';
import { currentTrace } from '../trace-context.ts';
import { errorType, startChild } from './spans.ts';

/** What ioredis publishes of a command (ioredis, built/tracing.d.ts). */
interface Command {
  readonly command: string;
  readonly serverAddress: string;
  readonly serverPort?: number;
  readonly error?: unknown;
}

/**
 * Records a span for each Redis command, by its name alone: keys hold sessions and addresses.
 * @see https://opentelemetry.io/docs/specs/semconv/database/redis/
 */
export function traceRedis(): void {
  const ends = new WeakMap<Command, ReturnType<typeof startChild>>();
  tracingChannel<unknown, Command>('ioredis:command').subscribe({
    start(command) {
      const trace = currentTrace();
      if (trace) ends.set(command, startChild(trace));
    },
    end() {},
    asyncStart() {},
    error() {},
    asyncEnd(command) {
      const name = command.command.toUpperCase();
      ends.get(command)?.({
        name,
        kind: 'CLIENT',
        attributes: {
          'db.system.name': 'redis',
          'db.operation.name': name,
          'server.address': command.serverAddress,
          ...(command.serverPort !== undefined && { 'server.port': command.serverPort }),
          ...(command.error !== undefined && { 'error.type': errorType(command.error) }),
        },
      });
    },
  });
}
