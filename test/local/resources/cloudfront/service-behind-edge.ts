import { createServer } from '../../../../app/kit/server.ts';
import type { LimitRedis } from '../../../../app/kit/redis-limiter.ts';
import { createEdge } from '../../../../local/resources/cloudfront/edge.ts';
import { cachingDisabled } from '../../../../local/resources/cloudfront/policies/cache-policy.ts';
import { allViewerAndCloudFront } from '../../../../local/resources/cloudfront/policies/origin-request-policy.ts';
import { forwardTo } from '../../../../local/resources/elbv2/load-balancer/actions.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../../../local/http/server.ts';
import { singleOrigin } from './origin.ts';
import { createRig, send, until } from '../elbv2/load-balancer/rig.ts';

const rig = createRig();
const stops: (() => Promise<unknown>)[] = [];

/** Stops what was started. */
export async function stopServices(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
  await rig.stop();
}

/** Returns how to send requests to a service behind the load balancer and the edge, as a viewer at `address`. */
export async function serviceSeenFrom(address: string, limits?: LimitRedis) {
  const service = createServer({ name: 'things', limits });
  // The load and all hops share the thread of the service, which looks like overload to it.
  service.get('/address', { config: { priority: 'health' } }, ({ ip, id }) => ({ ip, id }));
  const target = new URL(await service.listen({ host: '127.0.0.1', port: 0 }));
  const group = rig.group({ healthCheck: { ...healthCheck, path: '/api/health' } });
  group.register({ id: 'task', host: '127.0.0.1', port: Number(target.port) });
  await until(() => group.health('task') === 'healthy');
  const { listener } = await rig.balancer(forwardTo([{ group, weight: 1 }]));
  const edge = createEdge(singleOrigin(listener.hop), {
    domainName: 'd111.cloudfront.net',
    url: 'http://127.0.0.1:8080',
    behaviorOf: () => ({
      targetOriginId: 'origin',
      allowedMethods: ['GET'],
      viewerProtocolPolicy: 'allow-all',
      cachePolicy: cachingDisabled,
      originRequestPolicy: allViewerAndCloudFront,
      compress: false,
    }),
    errorTtlMs: () => 0,
    isUp: () => true,
  });
  const server = createHttpServer({
    hop: (request) => edge({ ...request, client: { address, port: 50_000 } }),
    refuse: () => ({ status: 400, headers: [], body: '' }),
    idleTimeoutMs: 60_000,
    maxHeaderBytes: 32_768,
  });
  const port = await listenOnLoopback(server, 0);
  stops.push(
    () => closeServer(server, 0),
    () => service.close(),
  );
  return (headers: Record<string, string>) => send(port, '/address', { headers });
}

const healthCheck = {
  intervalMs: 60_000,
  timeoutMs: 1000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  matcher: (status: number) => status === 200,
};
