import { expect, test } from '@jest/globals';
import { createBreakers } from '../../../app/kit/breaker.ts';
import { publishDeepHealth } from '../../../app/kit/deep-health.ts';
import { createServer } from '../../../app/kit/server.ts';
import { silentTask } from '../../support/task.ts';

function create() {
  const breakers = createBreakers(silentTask({}).log);
  const app = createServer({ name: 'test' });
  publishDeepHealth(app, breakers);
  const options = { probeAfterMs: 30_000, counts: () => true };
  return {
    app,
    redis: breakers.create({ name: 'Redis', ...options }),
    sqs: breakers.create({ name: 'SQS', ...options }),
  };
}

test('lists every dependency of the task, and stays a 200 while one is down', async () => {
  const { app, redis } = create();
  const closed = { state: 'closed', since: expect.any(String), lastError: null };
  const before = await app.inject('/api/health/deep');
  expect(before.json()).toEqual({
    status: 'ok',
    dependencies: [
      { name: 'Redis', ...closed },
      { name: 'SQS', ...closed },
    ],
  });
  const error = new TypeError('password');
  for (let i = 0; i < 5; i += 1) await redis.execute(() => Promise.reject(error)).catch(() => {});

  const after = await app.inject('/api/health/deep?now');
  expect(after.statusCode).toBe(200);
  expect(after.headers['cache-control']).toBe('no-store');
  expect(after.json()).toMatchObject({
    status: 'degraded',
    dependencies: [
      { name: 'Redis', state: 'open', lastError: 'TypeError' },
      { name: 'SQS', state: 'closed' },
    ],
  });
  expect((await app.inject('/api/health')).json()).toMatchObject({ status: 'ok' });
});

test('does not exist for requests from the internet', async () => {
  const { app } = create();
  const headers = { 'cloudfront-viewer-address': '198.51.100.1:4711' };
  const response = await app.inject({ url: '/api/health/deep', headers });
  expect(response.statusCode).toBe(404);
  expect(response.body).not.toContain('Redis');
});

test('is part of the OpenAPI description', async () => {
  const { app } = create();
  const { paths } = (await app.inject('/api/test/openapi.json')).json<{ paths: object }>();
  expect(paths).toHaveProperty(['/api/health/deep', 'get']);
});
