import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';

import { createDatabaseResources, type DatabaseResources } from '../databases.ts';

// Each starts whole servers.

let data: DatabaseResources;
beforeAll(async () => {
  data = await createDatabaseResources();
});
afterAll(() => data.dispose());

test('a replication group is a Redis over TLS with its token and its parameters', async () => {
  const parameters = await data.up('AWS::ElastiCache::ParameterGroup', 'CacheParameters', {
    CacheParameterGroupFamily: 'valkey8',
    Properties: { 'maxmemory-policy': 'allkeys-lru' },
  });
  const group = await data.up('AWS::ElastiCache::ReplicationGroup', 'Cache', {
    AuthToken: 'a-token-of-sixteen-or-more',
    TransitEncryptionEnabled: true,
    CacheParameterGroupName: parameters.ref,
  });
  expect(group.attributes).toMatchObject({ 'PrimaryEndPoint.Address': 'localhost' });
  const { redis } = await data.status();
  const client = new Redis(redis.url, { tls: { ca: data.host.tls.ca } });
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lru']);
  client.disconnect();
});

test('a paused group times out, and responds again once it is resumed', async () => {
  const { redis } = await data.status();
  const client = new Redis(redis.url, { tls: { ca: data.host.tls.ca }, commandTimeout: 300 });
  await client.ping();
  await data.act('Cache', 'pause');
  await expect(client.ping()).rejects.toThrow('timed out');
  await data.act('Cache', 'resume');
  expect(await client.ping()).toBe('PONG');
  client.disconnect();
});

test('a replication group without TLS is refused', async () => {
  await expect(
    data.up('AWS::ElastiCache::ReplicationGroup', 'Open', { AuthToken: 'a-token-of-sixteen-or-more' }),
  ).rejects.toThrow('TransitEncryptionEnabled');
});
