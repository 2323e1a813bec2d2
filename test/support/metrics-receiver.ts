import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { valuesOf, type Attribute } from './otlp-receiver.ts';

interface Point {
  readonly attributes: Attribute[];
  readonly asDouble?: number;
  readonly asInt?: number;
  /** Of a histogram. */
  readonly count?: number;
}

interface Request {
  readonly resourceMetrics: {
    readonly resource: { readonly attributes: Attribute[] };
    readonly scopeMetrics: {
      readonly metrics: (Partial<Record<'sum' | 'gauge' | 'exponentialHistogram', { dataPoints: Point[] }>> & {
        readonly name: string;
      })[];
    }[];
  }[];
}

/** Starts a receiver of metrics by OTLP over HTTP with JSON, on loopback. It has what the last request had. */
export async function startMetricsReceiver() {
  const requests: { path: string | undefined; header: unknown }[] = [];
  const received = {
    resource: {} as Record<string, unknown>,
    metrics: {} as Record<string, { labels: Record<string, unknown>; value: number | undefined }[]>,
  };
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    requests.push({ path: request.url, header: request.headers['a'] });
    const [{ resource, scopeMetrics }] = ((await json(request)) as Request).resourceMetrics as [
      Request['resourceMetrics'][number],
    ];
    received.resource = valuesOf(resource.attributes);
    received.metrics = Object.fromEntries(
      scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .map(({ name, sum, gauge, exponentialHistogram }) => [
          name,
          ((sum ?? gauge ?? exponentialHistogram)?.dataPoints ?? []).map(({ attributes, asDouble, asInt, count }) => ({
            labels: valuesOf(attributes),
            value: asDouble ?? asInt ?? count,
          })),
        ]),
    );
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  };
  const server = createServer((request, response) => void receive(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get resource() {
      return received.resource;
    },
    get metrics() {
      return received.metrics;
    },
    async stop() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
