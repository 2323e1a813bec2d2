import type { Static, TObject, TProperties } from 'typebox';
import { ConfigError, readConfig, taskConfig } from './config.ts';
import { createLogger } from './log.ts';

/**
 * The first line of every main.ts: the configuration, of which `properties` is what this task has besides `taskConfig`,
 * and the log. A configuration that is not usable is one line of the log, and the end of the process with code 1.
 */
export function startTask<P extends TProperties>(properties: P) {
  try {
    const config = readConfig({ ...taskConfig, ...properties }) as Static<TObject<typeof taskConfig>> &
      Static<TObject<P>>;
    return { config, log: createLogger(config) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ SERVICE_NAME: process.env['SERVICE_NAME'] ?? 'unnamed', LOG_LEVEL: 'fatal' }).fatal(error.message);
    return process.exit(1);
  }
}
