import type { App } from '../app.ts';
import { refuseInternet } from '../inside.ts';
import { AnyQuery } from '../validate.ts';
import type { Metrics } from './metrics.ts';
import { toPrometheus } from './prometheus.ts';
import { seriesOf } from './series.ts';

/** Serves the metrics of this task to a Prometheus inside the network. */
export function publishMetrics(app: App, metrics: Metrics, common: Readonly<Record<string, string>>): void {
  app.get(
    '/metrics',
    { logLevel: 'silent', config: { priority: 'health' }, schema: { hide: true, querystring: AnyQuery } },
    async (request, reply) => {
      refuseInternet(request);
      const series = seriesOf(await metrics.collect('cumulative'));
      return reply
        .headers({ 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' })
        .send(toPrometheus(series, common));
    },
  );
}
