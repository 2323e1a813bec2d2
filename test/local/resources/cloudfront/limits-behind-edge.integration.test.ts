import { randomInt } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';

import { connectRedis } from '../../../../app/kit/redis.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentTask } from '../../../support/task.ts';
import { serviceSeenFrom, stopServices } from './service-behind-edge.ts';

const task = silentTask({
  REDIS_ENDPOINT: process.env['TEST_REDIS'] ?? '',
  REDIS_USER: 'default',
  REDIS_PASSWORD: process.env['TEST_REDIS_AUTH'] ?? '',
});
afterEach(async () => {
  await stopServices();
  await task.stop();
});

test('10,000 requests with forged addresses pass the limit of their one address as if they were not forged', async () => {
  const redis = connectRedis(task);
  await eventually(() => redis.ping());
  const address = `127.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const get = await serviceSeenFrom(address, redis);
  const forged = (i: number): Record<string, string> => {
    const other = `198.${i >> 8}.${i & 255}.7`;
    const header = ['X-Forwarded-For', 'CloudFront-Viewer-Address', 'X-Real-IP', 'Forwarded'][i % 4] as string;
    return { [header]: [other, `${other}:443`, other, `for=${other}`][i % 4] as string, 'True-Client-IP': other };
  };
  const statuses = new Map<number | undefined, number>();
  const begun = performance.now();
  let next = 0;
  const sender = async () => {
    while (next < 10_000) {
      next += 1;
      const { status } = await get(forged(next));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  // All hops share this thread. With more under way at a time, the service would refuse some for overload.
  await Promise.all(Array.from({ length: 8 }, sender));
  // On a loaded machine they take longer than a window.
  const windows = Math.ceil((performance.now() - begun) / 60_000);
  expect(new Set(statuses.keys())).toEqual(new Set([200, 429]));
  expect(statuses.get(200)).toBeGreaterThanOrEqual(1000);
  expect(statuses.get(200)).toBeLessThanOrEqual(1000 * windows);
});
