import type { FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { Trace } from '../trace-context.ts';
import { startHop } from './spans.ts';

/**
 * Records a span for each request that is logged, so not for health checks. Of the URL it has only the route: paths and queries
 * have ids and tokens.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
 */
export function traceRequests(app: App, traceOf: (request: FastifyRequest) => Trace): void {
  const ends = new WeakMap<FastifyRequest, ReturnType<typeof startHop>>();
  app.addHook('onRequest', (request, _reply, done) => {
    const end = request.routeOptions.logLevel === 'silent' ? undefined : startHop(traceOf(request));
    if (end) ends.set(request, end);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const { url: route } = request.routeOptions;
    ends.get(request)?.({
      name: route === undefined ? method : `${method} ${route}`,
      kind: 'SERVER',
      attributes: {
        'http.request.method': method,
        'url.scheme': request.protocol,
        'http.response.status_code': reply.statusCode,
        ...(route !== undefined && { 'http.route': route }),
        // A 4xx is an error of the client, not of this span.
        ...(reply.statusCode >= 500 && { 'error.type': String(reply.statusCode) }),
      },
    });
    done();
  });
}
