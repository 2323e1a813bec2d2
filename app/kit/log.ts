import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger };

/** JSON lines on stdout, which the platform collects; whatever could let somebody in is left out. */
export function createLogger(config: { SERVICE_NAME: string; LOG_LEVEL: string }): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { service: config.SERVICE_NAME },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        ...['password', 'cardToken', 'secret', 'headers.cookie', 'headers.authorization'].flatMap((path) => [
          path,
          `*.${path}`,
        ]),
        // What Redis refused: AUTH with its token, or a session.
        'err.command',
      ],
      censor: '(hidden)',
    },
  });
}
