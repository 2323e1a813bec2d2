import closeWithGrace from 'close-with-grace';
import type { App } from './app.ts';
import { publishDeepHealth } from './deep-health.ts';
import type { Task } from './task.ts';
import { startMetrics } from './telemetry/export-metrics.ts';
import { startTracing, type TracingConfig } from './telemetry/tracing.ts';

/** How long stopping may take, in ms: requests and messages under way end within 15 s, and ECS kills after 30 s. */
const stopTimeout = 20_000;

/**
 * Listens until SIGTERM or SIGINT, then stops the task and exits 0. Exits 1 at once on a second signal, and when stopping
 * takes too long. Resolves when the service listens: what receives messages starts then, so that it delays no request.
 */
export async function serve(task: Task<{ HOST: string; PORT: number } & TracingConfig>, app: App): Promise<void> {
  const { config, log } = task;
  startTracing(task);
  startMetrics(task, app);
  publishDeepHealth(app, task.breakers);
  task.onStop('requests', () => app.close());
  closeWithGrace({ delay: stopTimeout, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping because of an unhandled error');
    else log.info({ signal }, 'stopping');
    await task.stop();
  });
  await app.listen({ host: config.HOST, port: config.PORT });
  task.listening();
}
