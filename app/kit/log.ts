import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { sourceStack } from './source-stack.ts';
import { traceFields, type Trace } from './trace-context.ts';

export type { Logger };

/** A logger with this property writes the fields of that trace, wherever it is used. */
export const loggedTrace = Symbol('loggedTrace');

/** Writes JSON lines to stdout, which the platform collects. Passwords, tokens and sessions are left out. */
export function createLogger(
  config: { SERVICE_NAME: string; LOG_LEVEL: string },
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options: LoggerOptions = {
    level: config.LOG_LEVEL,
    base: { service: config.SERVICE_NAME },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: (_entry, _level, logger) => traceFields((logger as { [loggedTrace]?: Trace })[loggedTrace]),
    serializers: { err: serializeError },
    redact: {
      paths: [
        ...['password', 'cardToken', 'secret', 'headers.cookie', 'headers.authorization'].flatMap((path) => [
          path,
          `*.${path}`,
        ]),
        // The command that Redis refused: AUTH with its token, or a session.
        'err.command',
      ],
      censor: '(hidden)',
    },
  };
  return pino(options, destination);
}

function serializeError(error: Error): object {
  const serialized = pino.stdSerializers.err(error);
  // What is thrown may be anything.
  return typeof serialized?.stack === 'string' ? { ...serialized, stack: sourceStack(serialized.stack) } : serialized;
}
