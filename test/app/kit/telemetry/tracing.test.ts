import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createServer } from '../../../../app/kit/server.ts';
import { exportSpans } from '../../../../app/kit/telemetry/export.ts';
import { maxWaiting } from '../../../../app/kit/telemetry/spans.ts';
import { startTracing } from '../../../../app/kit/telemetry/tracing.ts';
import { beginTrace, sampleTraces } from '../../../../app/kit/trace-context.ts';
import { Problem } from '../../../../app/kit/problem.ts';
import { eventually } from '../../../support/eventually.ts';
import { startOtlpReceiver } from '../../../support/otlp-receiver.ts';
import { silentTask } from '../../../support/task.ts';

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  sampleTraces(1);
  await receiver.stop();
});

/** A task that traces, and its server. */
function start({ endpoint = receiver.url, ratio = 1 } = {}) {
  const task = silentTask({
    ENVIRONMENT_NAME: 'local',
    SERVICE_NAME: 'things',
    AWS_REGION: 'eu-central-1',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'dd-api-key=k%201,x=y',
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  startTracing(task);
  const app = createServer({ name: 'things' });
  app.get('/things/:id', { schema: { querystring: {} } }, () => ({}));
  app.get('/refused', () => {
    throw new Problem(422);
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  return { task, app };
}

test('a request is a span with its route; a 5xx is an error, a 4xx is not; the last spans are exported at the stop', async () => {
  const { task, app } = start();
  // Before the SDK is loaded.
  await app.inject('/things/ada@example.com');
  task.listening();
  for (const url of ['/refused', '/broken', '/nowhere/ada@example.com', '/api/health']) await app.inject(url);
  await task.stop();
  expect(receiver.headers).toEqual([expect.objectContaining({ 'dd-api-key': 'k 1', x: 'y' })]);
  const common = { 'http.request.method': 'GET', 'url.scheme': 'http' };
  const shown = receiver.spans.map(({ name, status, attributes }) => ({ name, status, attributes }));
  expect(shown).toEqual([
    {
      name: 'GET /things/:id',
      status: 0,
      attributes: { ...common, 'http.route': '/things/:id', 'http.response.status_code': 200 },
    },
    {
      name: 'GET /refused',
      status: 0,
      attributes: { ...common, 'http.route': '/refused', 'http.response.status_code': 422 },
    },
    {
      name: 'GET /broken',
      status: 2,
      attributes: { ...common, 'http.route': '/broken', 'http.response.status_code': 500, 'error.type': '500' },
    },
    { name: 'GET', status: 0, attributes: { ...common, 'http.response.status_code': 404 } },
  ]);
  for (const { service, kind, parentSpanId } of receiver.spans)
    expect([service, kind, parentSpanId]).toEqual(['things', 2, undefined]);
});

test('a client on the internet does not decide what is traced, a service does', async () => {
  const { task, app } = start({ ratio: 0 });
  task.listening();
  const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
  await app.inject({ url: '/refused', headers: { traceparent, 'cloudfront-viewer-address': '198.51.100.10:46532' } });
  await app.inject({ url: '/refused', headers: { traceparent } });
  await task.stop();
  expect(receiver.spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
    ['1'.repeat(32), '2'.repeat(16)],
  ]);
});

test('a receiver that does not respond delays neither requests nor the stop', async () => {
  receiver.hold();
  const { task, app } = start();
  task.listening();
  for (let i = 0; i < 600; i += 1) expect((await app.inject('/refused')).statusCode).toBe(422);
  await eventually(async () => expect(receiver.spans.length).toBeGreaterThan(0));
  await task.stop();
});

test('a receiver that is down fails no request and no stop', async () => {
  const { task, app } = start({ endpoint: 'http://127.0.0.1:1' });
  task.listening();
  expect((await app.inject('/refused')).statusCode).toBe(422);
  await task.stop();
});

test('while the receiver does not respond, a bounded number of spans waits, and further ones are dropped', async () => {
  const respond = receiver.hold();
  const target = exportSpans(
    { endpoint: receiver.url },
    { ENVIRONMENT_NAME: 'local', SERVICE_NAME: 'things', AWS_REGION: 'eu-central-1' },
    pino({ level: 'silent' }),
  );
  const span = { trace: beginTrace({}), id: '1'.repeat(16), parentId: undefined, name: 'n', kind: 'SERVER' as const };
  for (let i = 0; i < 10_000; i += 1) target.record({ ...span, attributes: {}, startedAt: 1.5, endedAt: 2 });
  await eventually(async () => expect(receiver.spans.length).toBeGreaterThan(0));
  const sent = receiver.spans.length;
  respond();
  await target.stop();
  expect(receiver.spans.length).toBe(sent + maxWaiting);
});
