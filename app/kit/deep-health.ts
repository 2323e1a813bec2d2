import { Type } from 'typebox';
import type { App } from './app.ts';
import type { Breakers } from './breaker.ts';
import { refuseInternet } from './inside.ts';
import { AnyQuery } from './validate.ts';

const Dependency = Type.Object({
  name: Type.String(),
  state: Type.Enum(['closed', 'open', 'half-open']),
  since: Type.String(),
  lastError: Type.Union([Type.String(), Type.Null()]),
});

/**
 * Shows people what this task knows of its dependencies; calls none of them. Always a 200: a load balancer that used it must
 * not replace tasks that only lack a dependency. Nobody on the internet can read it.
 */
export function publishDeepHealth(app: App, breakers: Breakers): void {
  app.get(
    '/api/health/deep',
    {
      logLevel: 'silent',
      config: { priority: 'health' },
      schema: {
        querystring: AnyQuery,
        response: {
          200: Type.Object({
            status: Type.Enum(['ok', 'degraded']),
            dependencies: Type.Array(Dependency),
          }),
        },
      },
    },
    async (request, reply) => {
      refuseInternet(request);
      const dependencies = breakers.states();
      const isOk = dependencies.every(({ state }) => state === 'closed');
      void reply.header('cache-control', 'no-store');
      return { status: isOk ? ('ok' as const) : ('degraded' as const), dependencies };
    },
  );
}
