import { expect, test } from '@jest/globals';
import type { LimitRedis } from '../../../app/kit/redis-limiter.ts';
import { createServer } from '../../../app/kit/server.ts';
import type { SessionRedis } from '../../../app/kit/session-store.ts';
import { sessions } from '../../../app/kit/sessions.ts';

/** A server whose Redis decides limits by `decide`, and whose sessions are found by `find`. */
async function serverWith(decide: () => Promise<unknown>, find: () => Promise<string | null>) {
  const limits: LimitRedis = { evalsha: decide, eval: decide, ping: async () => 'PONG' };
  const redis = { getex: find, zscore: async () => null } as unknown as SessionRedis;
  const app = createServer({ name: 'things', limits });
  await app.register(sessions({ redis, sessionSecret: 's'.repeat(32), findKeyOwner: async () => undefined }));
  app.get('/thing', async ({ session }) => ({ email: session?.user.email }));
  await app.ready();
  const cookie = `session=${encodeURIComponent(app.signCookie('secret'))}`;
  const headers = { cookie, 'cloudfront-viewer-address': '198.51.100.1:1' };
  return () => app.inject({ url: '/thing', headers });
}

const session = JSON.stringify({ user: { id: '1', email: 'ada@example.com' }, createdAt: Date.now(), userAgent: '' });
const allowed = [[0], [1, 60_000_000]];
const refused = [[1], [1000, 30_000_000]];

test('the session is asked for while the limit is decided: they share a round trip', async () => {
  const asked = Promise.withResolvers<void>();
  const send = await serverWith(
    async () => {
      await asked.promise;
      return allowed;
    },
    async () => {
      asked.resolve();
      return session;
    },
  );
  expect((await send()).json()).toEqual({ email: 'ada@example.com' });
});

test('a request over the limit is refused, also while sessions are not available', async () => {
  const send = await serverWith(
    async () => refused,
    async () => Promise.reject(new Error('Redis is down')),
  );
  expect((await send()).statusCode).toBe(429);
});
