import type { FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { refusedBy } from '../limits.ts';
import { shedAs } from '../overload/shed.ts';
import type { Labels } from './instruments.ts';
import type { Metrics } from './metrics.ts';
import { observePeak } from './peak.ts';

/**
 * Measures requests by the pattern of their path, since paths have ids. Health checks are not measured, nor are requests whose
 * client left before the response.
 */
export function measureRequests(app: App, metrics: Metrics): void {
  const inFlight = observePeak(metrics, 'RequestsInFlight');
  const labels = new Map<string, Labels<'RequestDuration'>>();

  function labelsOf({ method, routeOptions }: FastifyRequest): Labels<'RequestDuration'> {
    const route = routeOptions.url === undefined ? 'unmatched' : `${method} ${routeOptions.url}`;
    let found = labels.get(route);
    if (found === undefined) labels.set(route, (found = { route }));
    return found;
  }

  app.addHook('onRequest', (request, reply, done) => {
    if (isMeasured(request)) {
      inFlight.begin();
      // Unlike the end of the response, it also comes when the client has left.
      reply.raw.once('close', inFlight.end);
    }
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (isMeasured(request)) {
      const { statusCode } = reply;
      const route = labelsOf(request);
      metrics.record('RequestDuration', reply.elapsedTime, route);
      if (statusCode >= 500) metrics.add('RequestErrors', 1, route);
      else if (statusCode >= 400) metrics.add('RequestsRefused', 1, route);
      const limit = statusCode === 429 ? refusedBy(request) : undefined;
      if (limit) metrics.add('RequestsLimited', 1, { limit: limit.name });
      const priority = shedAs(request);
      if (priority) metrics.add('RequestsShed', 1, { priority });
    }
    done();
  });
}

const isMeasured = ({ routeOptions }: FastifyRequest): boolean => routeOptions.logLevel !== 'silent';
