/**
 * A server that sends one ready response by those rules of the kit that the variable RULES names. Answers `cpu` with the CPU
 * time that it has taken, in us.
 */
import fastify from 'fastify';

import { createCache } from '../app/kit/cache/cache.ts';
import { contentOf } from '../app/kit/cache/entry.ts';
import { sendContent } from '../app/kit/cache/send.ts';
import { createLogger } from '../app/kit/log.ts';
import { connectRedis } from '../app/kit/redis.ts';
import { createServer } from '../app/kit/server.ts';
import { createTask } from '../app/kit/task.ts';
import { measureRequests } from '../app/kit/telemetry/request-metrics.ts';
import type { Rule } from './rules.ts';

const rules = new Set((process.env['RULES'] ?? '').split(',') as Rule[]);
const { hostname, port, username, password } = new URL(process.env['REDIS_URL'] as string);
const config = {
  REDIS_ENDPOINT: `${hostname}:${port}`,
  REDIS_USER: decodeURIComponent(username),
  REDIS_PASSWORD: decodeURIComponent(password),
};
const log = createLogger({ SERVICE_NAME: 'bench', LOG_LEVEL: 'info' });
const task = createTask(config, log);
const content = contentOf(
  JSON.stringify({ id: 'bench', name: 'A product', text: 'x'.repeat(110) }),
  'application/json',
);

const app = rules.has('kit')
  ? createServer({
      name: 'bench',
      ...(rules.has('log') && { log }),
      ...(rules.has('limits') && { limits: connectRedis(task) }),
    })
  : fastify();
if (rules.has('metrics')) {
  measureRequests(app, task.metrics);
  await task.metrics.load();
}
const cache = createCache({ ttl: 3_600_000, stale: 0, negativeTtl: 0, metrics: task.metrics });
app.get('/bench/:id', async (request, reply) => {
  const found = rules.has('cache') ? await cache.get('bench', async () => content) : content;
  return sendContent(request, reply, found!, 'public, max-age=10');
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
task.listening();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.send?.(Number(new URL(address).port));
