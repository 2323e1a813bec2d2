import { expect, test } from '@jest/globals';
import { createLogger } from '../../../app/kit/log.ts';
import { Problem } from '../../../app/kit/problem.ts';
import { createServer } from '../../../app/kit/server.ts';

async function linesAt(level: string): Promise<object[]> {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const app = createServer({
    name: 'things',
    log: createLogger({ SERVICE_NAME: 'things', LOG_LEVEL: level }, { write }),
  });
  app.get('/things/:id', async () => ({}));
  app.get('/broken', async () => Promise.reject(new Error('broken')));
  app.post('/things', async () => ({}));
  app.post('/busy', async () => {
    throw new Problem(503);
  });
  await app.inject('/things/secret');
  await app.inject('/nowhere');
  await app.inject('/broken');
  await app.inject({ method: 'POST', url: '/things' });
  await app.inject({ method: 'POST', url: '/busy' });
  await app.close();
  return lines
    .filter(({ msg }) => msg === 'request completed')
    .map(({ method, route, status }) => ({ method, route, status }));
}

test('requests that may have changed something are logged, and failed ones, but no reads and nothing refused early', async () => {
  expect(await linesAt('info')).toEqual([
    { method: 'GET', route: '/broken', status: 500 },
    { method: 'POST', route: '/things', status: 200 },
  ]);
});

test('at debug every request is logged once, by the pattern of its path', async () => {
  expect(await linesAt('debug')).toEqual([
    { method: 'GET', route: '/things/:id', status: 200 },
    { method: 'GET', route: 'unmatched', status: 404 },
    { method: 'GET', route: '/broken', status: 500 },
    { method: 'POST', route: '/things', status: 200 },
    { method: 'POST', route: '/busy', status: 503 },
  ]);
});
