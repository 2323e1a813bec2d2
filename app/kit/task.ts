import type { Static, TObject, TProperties } from 'typebox';
import { createBreakers, type Breakers } from './breaker.ts';
import { ConfigError, readConfig, taskConfig } from './config.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

/**
 * The order in which a task stops; parts of one stage stop together, and each stage ends before the next one begins.
 * Requests end before the background work, so that the outbox relay still publishes what the last of them committed.
 */
const stages = ['receiving', 'requests', 'background', 'connections'] as const;
export type Stage = (typeof stages)[number];

/** What a main.ts passes to the parts it starts. */
export interface Task<C> {
  readonly config: C;
  readonly log: Logger;
  /** The circuit breakers of its dependencies. */
  readonly breakers: Breakers;
  /** What it measures. */
  readonly metrics: Metrics;
  /** Registers what need not be done before the task responds to requests, and would delay that. */
  readonly onListening: (start: () => void) => void;
  /** Starts what was registered. */
  readonly listening: () => void;
  /** Registers how a part stops. The part does it itself when it starts, so that no main.ts has to. */
  readonly onStop: (stage: Stage, stop: () => unknown) => void;
  /** Stops all parts. @throws AggregateError at the end if some failed to */
  readonly stop: () => Promise<void>;
}

/**
 * The first line of every main.ts: reads the configuration, `properties` in addition to `taskConfig`, and opens the log.
 * Exits with code 1 and one line in the log if the configuration is invalid.
 */
export function startTask<P extends TProperties>(properties: P) {
  try {
    const config = readConfig({ ...taskConfig, ...properties }) as Static<TObject<typeof taskConfig>> &
      Static<TObject<P>>;
    return createTask(config, createLogger(config));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ SERVICE_NAME: process.env['SERVICE_NAME'] ?? 'unnamed', LOG_LEVEL: 'fatal' }).fatal(error.message);
    return process.exit(1);
  }
}

export function createTask<C>(config: C, log: Logger): Task<C> {
  const starts: (() => void)[] = [];
  const parts: { stage: Stage; stop: () => unknown }[] = [];
  return {
    config,
    log,
    breakers: createBreakers(log),
    metrics: createMetrics(),
    onListening: (start) => void starts.push(start),
    listening: () => starts.forEach((start) => start()),
    onStop: (stage, stop) => void parts.push({ stage, stop }),
    async stop() {
      const failures: unknown[] = [];
      for (const stage of stages) {
        const stopping = parts.filter((part) => part.stage === stage).map(async ({ stop }) => stop());
        const results = await Promise.allSettled(stopping);
        failures.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
      }
      if (failures.length > 0)
        throw new AggregateError(failures, `${failures.length} parts of the task failed to stop`);
    },
  };
}
