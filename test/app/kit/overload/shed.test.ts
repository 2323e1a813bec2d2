import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { shedAs } from '../../../../app/kit/overload/shed.ts';
import { createServer } from '../../../../app/kit/server.ts';

/** Begins a request of a viewer, or of another service, for every route at once. */
async function overloaded() {
  const app = createServer({ name: 'busy' });
  const work = async () => {
    const end = performance.now() + 30;
    while (performance.now() < end);
    return 'done';
  };
  const shed = { browsing: 0, account: 0, payment: 0 };
  app.addHook('onResponse', async (request) => {
    const priority = shedAs(request);
    if (priority) shed[priority]++;
  });
  let bodies = 0;
  app.addHook('preParsing', async ({ method }) => void (method === 'POST' && bodies++));
  app.get('/browse', work);
  app.get('/mine', { schema: { security: [{ session: [] }] } }, work);
  app.post('/buy', work);
  app.post('/pay', { config: { priority: 'payment' } }, work);
  await app.ready();
  const viewer = { 'cloudfront-viewer-address': '198.51.100.9:4000' };
  const send = (method: 'GET' | 'POST', url: string, headers: Record<string, string> = viewer) =>
    app.inject({ method, url, headers });
  // Nothing is refused before the first measurement.
  await Promise.all(Array.from({ length: 10 }, () => send('GET', '/browse')));
  await endOfTurn();
  return { shed, send, bodies: () => bodies };
}

test('a request over what the task can do is a 503 with Retry-After before anything is done for it, and is counted', async () => {
  const { shed, send } = await overloaded();
  const responses = await Promise.all(Array.from({ length: 20 }, () => send('GET', '/browse')));
  const refused = responses.filter(({ statusCode }) => statusCode === 503);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.length).toBeLessThan(20);
  for (const { headers, json } of refused) {
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '1',
      'cache-control': 'no-store',
    });
    expect(json()).toEqual({
      type: 'about:blank',
      title: 'Overloaded',
      status: 503,
      detail: expect.stringContaining('try again later'),
      requestId: headers['x-request-id'],
    });
  }
  expect(shed).toEqual({ browsing: refused.length, account: 0, payment: 0 });
});

test('browsing is refused before what signed-in users do, that before payments and calls of services, and health never', async () => {
  const { shed, send } = await overloaded();
  const many = (count: number, method: 'GET' | 'POST', url: string, headers?: Record<string, string>) =>
    Array.from({ length: count }, () => send(method, url, headers));
  const flood = many(10, 'GET', '/browse');
  const [mine, bought, paid, called, health] = await Promise.all(
    [
      many(1, 'GET', '/mine'),
      many(1, 'POST', '/buy'),
      many(1, 'POST', '/pay'),
      many(1, 'GET', '/browse', {}),
      many(30, 'GET', '/api/health'),
    ].map(async (sent) => (await Promise.all(sent)).map(({ statusCode }) => statusCode)),
  );
  await Promise.all(flood);
  expect([mine, bought, paid, called]).toEqual([[200], [200], [200], [200]]);
  expect(new Set(health)).toEqual(new Set([200]));
  expect(shed).toMatchObject({ browsing: expect.any(Number), account: 0, payment: 0 });
  expect(shed.browsing).toBeGreaterThan(5);

  await Promise.all([...many(30, 'POST', '/buy'), ...many(1, 'POST', '/pay')]);
  expect(shed.account).toBeGreaterThan(5);
  expect(shed.payment).toBe(0);
});

test('the body of a refused request is not read, and no route limit is asked', async () => {
  const { shed, send, bodies } = await overloaded();
  await Promise.all(Array.from({ length: 10 }, () => send('POST', '/buy')));
  expect(bodies()).toBe(10 - shed.account);
});
