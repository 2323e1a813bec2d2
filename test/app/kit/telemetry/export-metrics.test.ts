import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createLogger } from '../../../../app/kit/log.ts';
import { perLogin } from '../../../../app/kit/limit.ts';
import { Problem } from '../../../../app/kit/problem.ts';
import { createServer } from '../../../../app/kit/server.ts';
import { createTask } from '../../../../app/kit/task.ts';
import { startMetrics, type MetricsConfig } from '../../../../app/kit/telemetry/export-metrics.ts';
import { eventually } from '../../../support/eventually.ts';
import { startMetricsReceiver } from '../../../support/metrics-receiver.ts';
import { parsePrometheus } from '../../../support/parse-prometheus.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  mock.timers.reset();
  for (const stop of stops.splice(0).toReversed()) await stop();
});

type Line = Record<string, unknown>;

/** A task with a server, and the lines it logs. Its limiter refuses what `refused` says. */
function start({ endpoint, level = 'info' }: { endpoint?: string; level?: string } = {}) {
  const lines: Line[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Line);
  const config: MetricsConfig = {
    ENVIRONMENT_NAME: 'dev',
    SERVICE_NAME: 'things',
    AWS_REGION: 'eu-central-1',
    ...(endpoint !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'a=b%20c' }),
  };
  const task = createTask(config, createLogger({ SERVICE_NAME: 'things', LOG_LEVEL: level }, { write }));
  let refused = 0;
  const limits = {
    evalsha: async () => [[refused], [1000, 1_000_000, 5, 1_000_000]],
    eval: () => Promise.reject(new Error('not used')),
    ping: async () => 'PONG',
  };
  const app = createServer({ name: 'things', log: task.log, limits });
  app.get('/things/:id', { schema: { querystring: {} } }, () => ({}));
  app.post('/login', { config: { limit: perLogin } }, () => ({}));
  app.get('/refused', () => {
    throw new Problem(422);
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  startMetrics(task, app);
  stops.push(() => app.close());
  return {
    task,
    app,
    refuse: (index: number) => {
      refused = index;
    },
    lines,
    /** Metrics that were exported, by name and the value of the last dimension. */
    exported: () => exportedBy(lines),
  };
}

function exportedBy(lines: readonly Line[]): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const line of lines) {
    const directives = (line['_aws'] as { CloudWatchMetrics: Directive[] } | undefined)?.CloudWatchMetrics ?? [];
    for (const { Dimensions, Metrics } of directives) {
      const names = Dimensions.at(-1)?.slice(2) ?? [];
      const key = names.map((name) => line[name]).join(',');
      for (const { Name } of Metrics) (found[Name] ??= {})[key] = line[Name];
    }
  }
  return found;
}

interface Directive {
  readonly Dimensions: string[][];
  readonly Metrics: { readonly Name: string }[];
}

test('requests are measured by route, exactly, and the last of them are exported when the task stops', async () => {
  const { task, app, exported, lines } = start();
  // Before the SDK is loaded.
  await app.inject('/things/1');
  task.listening();
  await Promise.all(Array.from({ length: 500 }, (_, i) => app.inject(`/things/${i}`)));
  for (const url of ['/refused', '/broken', '/broken', '/nowhere/1', '/api/health', '/metrics']) await app.inject(url);
  await app.inject({ method: 'PUT', url: '/things/1' });
  expect(lines.filter((line) => '_aws' in line)).toEqual([]);
  await task.stop();
  const count = (Count: number) => expect.objectContaining({ Count }) as unknown;
  expect(exported()).toMatchObject({
    RequestErrors: { 'GET /broken': 2 },
    RequestsRefused: { 'GET /refused': 1, unmatched: 2 },
    EventLoopDelay: { '': expect.any(Number) },
    EventLoopUtilization: { '': expect.any(Number) },
    MemoryUsed: { '': expect.any(Number) },
  });
  expect(exported()['RequestDuration']).toEqual({
    'GET /things/:id': count(501),
    'GET /refused': count(1),
    'GET /broken': count(2),
    unmatched: count(2),
  });
  const { environment, service, level, msg } = lines.findLast((line) => '_aws' in line) as Line;
  expect({ environment, service, level, msg }).toEqual({
    environment: 'dev',
    service: 'things',
    level: 'info',
    msg: 'metrics',
  });
});

test('a task that stops before it listens exports too, whatever its log level', async () => {
  const { task, app, exported } = start({ level: 'fatal' });
  await app.inject('/things/1');
  await task.stop();
  expect(exported()).toHaveProperty(['RequestDuration', 'GET /things/:id', 'Count'], 1);
});

test('metrics are exported each minute, each time what is new', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const { task, app, lines } = start();
  task.listening();
  const counts = () =>
    lines.flatMap((line) =>
      line['route'] === 'GET /things/:id' && '_aws' in line
        ? [(line['RequestDuration'] as { Count: number }).Count]
        : [],
    );
  await app.inject('/things/1');
  mock.timers.tick(60_000);
  await eventually(async () => expect(counts()).toEqual([1]));
  await app.inject('/things/1');
  await app.inject('/things/1');
  mock.timers.tick(60_000);
  await eventually(async () => expect(counts()).toEqual([1, 2]));
  await task.stop();
  expect(counts()).toEqual([1, 2]);
});

test('a 429 is counted by the limit that refused it', async () => {
  const { task, app, refuse, exported } = start();
  const headers = { 'cloudfront-viewer-address': '198.51.100.10:46532' };
  refuse(1);
  await app.inject({ url: '/things/1', headers });
  refuse(2);
  await app.inject({ method: 'POST', url: '/login', headers });
  await app.inject({ url: '/things/1', headers: { ...headers, 'x-api-key': `hr_${'k'.repeat(43)}` } });
  await task.stop();
  expect(exported()['RequestsLimited']).toEqual({ address: 1, login: 1, key: 1 });
});

test('a 503 for overload is counted by the priority of the request', async () => {
  const { task, app, exported } = start();
  app.get('/busy', async () => {
    const end = performance.now() + 30;
    while (performance.now() < end);
    return {};
  });
  const headers = { 'cloudfront-viewer-address': '198.51.100.10:46532' };
  const flood = async (count: number) =>
    Promise.all(Array.from({ length: count }, () => app.inject({ url: '/busy', headers })));
  await flood(10);
  await endOfTurn();
  const refused = (await flood(20)).filter(({ statusCode }) => statusCode === 503);
  await task.stop();
  expect(exported()['RequestsShed']).toEqual({ browsing: refused.length });
});

test('the most requests that were under way at a time are exported, and a client that leaves is no longer counted', async () => {
  const { task, app, exported } = start();
  const open = Promise.withResolvers<object>();
  app.get('/slow', () => open.promise);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const peak = async () => (await app.inject('/metrics')).body.match(/in_flight\{.*\} (\d+)/)?.[1];
  const sockets = [0, 1, 2].map(() => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
    return socket;
  });
  await eventually(async () => expect(await peak()).toBe('3'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => once(socket, 'close')));
  await eventually(async () => {
    await task.metrics.collect('delta');
    expect(await peak()).toBe('0');
  });
  open.resolve({});
  await task.stop();
  expect(exported()['RequestsInFlight']).toEqual({ '': 0 });
});

test('an open circuit is exported each time, also if another one of its dependency is closed', async () => {
  const { task, exported, lines } = start();
  const breaker = task.breakers.create({ name: 'The mill', probeAfterMs: 30_000, counts: () => true });
  for (const name of ['The mill', 'The well']) task.breakers.create({ name, probeAfterMs: 30_000, counts: () => true });
  for (let i = 0; i < 5; i += 1) await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
  await task.stop();
  expect(exported()['BreakerOpen']).toEqual({ 'The mill': 1, 'The well': 0 });
  lines.length = 0;
  await task.stop();
  expect(exported()['BreakerOpen']).toEqual({ 'The mill': 1, 'The well': 0 });
});

test('no label has what a client sent', async () => {
  const { task, app, lines } = start();
  const sent = ['ada@example.com', 'secret-token', 'hr_the-key', '198.51.100.10', '0b5c6dd0'];
  await app.inject({
    url: '/things/ada@example.com?token=secret-token',
    headers: { 'x-api-key': 'hr_the-key', 'cloudfront-viewer-address': '198.51.100.10:1', 'x-request-id': '0b5c6dd0' },
  });
  await app.inject('/nowhere/ada@example.com?token=secret-token');
  await task.stop();
  const text = JSON.stringify(lines.filter((line) => '_aws' in line));
  expect(text).toContain('GET /things/:id');
  for (const value of sent) expect(text).not.toContain(value);
});

test('a Prometheus inside the network reads the values that the log has; the internet finds no such path', async () => {
  const { task, app, exported } = start();
  for (const url of ['/things/1', '/things/2', '/broken']) await app.inject(url);
  const response = await app.inject('/metrics?a=b');
  const forwarded = await app.inject({ url: '/metrics', headers: { 'cloudfront-viewer-address': '198.51.100.1:1' } });
  await task.stop();
  expect(response.headers['content-type']).toBe('text/plain; version=0.0.4');
  const samples = parsePrometheus(response.body);
  const common = { environment: 'dev', service: 'things' };
  for (const [route, value] of Object.entries(exported()['RequestDuration'] ?? {})) {
    const { Count, Sum, Values, Counts } = value as Record<'Count' | 'Sum', number> &
      Record<'Values' | 'Counts', number[]>;
    const find = (suffix: string, more = {}) =>
      samples.find(({ name, labels }) => {
        const wanted = { ...common, route, ...more };
        return (
          name === `headroom_request_duration_milliseconds_${suffix}` &&
          JSON.stringify(labels) === JSON.stringify(wanted)
        );
      })?.value;
    expect(find('count')).toBe(Count);
    expect(find('sum')).toBe(Sum);
    expect(find('bucket', { le: '+Inf' })).toBe(Count);
    for (const le of [1, 8, 1024]) {
      const upTo = Values.reduce((sum, middle, i) => sum + (middle <= le ? (Counts[i] as number) : 0), 0);
      expect(find('bucket', { le: String(le) })).toBe(upTo);
    }
  }
  expect(samples).toContainEqual({
    name: 'headroom_request_errors_total',
    labels: { ...common, route: 'GET /broken' },
    value: 1,
  });
  expect(forwarded.statusCode).toBe(404);
  expect(forwarded.body).not.toContain('headroom_');
});

test('metrics are sent by OTLP to a receiver, with the task they are of', async () => {
  const receiver = await startMetricsReceiver();
  stops.push(() => receiver.stop());
  const { task, app } = start({ endpoint: receiver.url });
  await app.inject('/things/1');
  await app.inject('/broken');
  await task.stop();
  expect(receiver.requests).toEqual([{ path: '/v1/metrics', header: 'b c' }]);
  expect(receiver.resource).toMatchObject({
    'service.name': 'things',
    'deployment.environment.name': 'dev',
    'service.instance.id': expect.any(String),
  });
  expect(receiver.metrics).toMatchObject({
    RequestDuration: [
      { labels: { route: 'GET /things/:id' }, value: 1 },
      { labels: { route: 'GET /broken' }, value: 1 },
    ],
    RequestErrors: [{ labels: { route: 'GET /broken' }, value: 1 }],
    RequestsInFlight: [{ labels: {}, value: 1 }],
  });
});

test('a receiver that is down fails no stop, and the log has the metrics', async () => {
  const { task, app, exported, lines } = start({ endpoint: 'http://127.0.0.1:1' });
  await app.inject('/things/1');
  await task.stop();
  expect(exported()).toHaveProperty(['RequestDuration', 'GET /things/:id', 'Count'], 1);
  expect(lines.map(({ msg }) => msg)).toContain('metrics were not exported');
});

test('X-Ray is sent no metrics', async () => {
  const { task, lines } = start({ endpoint: 'https://xray.eu-central-1.amazonaws.com' });
  await task.stop();
  expect(lines.map(({ msg }) => msg)).not.toContain('metrics were not exported');
});
