import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';

import { eventually } from '../../../support/eventually.ts';
import { createDatabaseResources, type DatabaseResources } from '../databases.ts';

// Starts a whole server.

const group = (UserIds: string[]) => ({ UserGroupId: 'shop-redis', Engine: 'valkey', UserIds });
const user = (name: string, AccessString: string, password = `password-of-${name}`) => ({
  UserId: `shop-${name}`,
  UserName: name,
  Engine: 'valkey',
  AccessString,
  AuthenticationMode: { Type: 'password', Passwords: [password] },
});

let data: DatabaseResources;
let url: string;
const clients: Redis[] = [];

beforeAll(async () => {
  data = await createDatabaseResources();
  await data.up('AWS::ElastiCache::User', 'Writer', user('writer', 'on resetchannels ~session:* +get +set +ping'));
  await data.up('AWS::ElastiCache::User', 'Reader', user('reader', 'on ~session:* +get +ping'));
  const users = await data.up('AWS::ElastiCache::UserGroup', 'Users', group(['shop-writer', 'shop-reader']));
  await data.up('AWS::ElastiCache::ReplicationGroup', 'Cache', {
    TransitEncryptionEnabled: true,
    UserGroupIds: [users.ref],
  });
  ({ url } = (await data.status()).redis);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await data.dispose();
});

async function signIn(username: string, password = `password-of-${username}`): Promise<Redis> {
  const client = new Redis({
    host: 'localhost',
    port: Number(new URL(url).port),
    username,
    password,
    tls: { ca: data.host.tls.ca },
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: null,
    lazyConnect: true,
  });
  clients.push(client);
  client.on('error', () => undefined);
  await client.connect();
  await client.ping();
  return client;
}

test('each user may do what its access string says', async () => {
  const writer = await signIn('writer');
  await writer.set('session:1', 'ada');
  await expect(writer.set('other:1', 'x')).rejects.toThrow('NOPERM');
  const reader = await signIn('reader');
  expect(await reader.get('session:1')).toBe('ada');
  await expect(reader.set('session:1', 'eve')).rejects.toThrow('NOPERM');
  await expect(reader.acl('WHOAMI')).rejects.toThrow('NOPERM');
});

test('a wrong password, the user default and a connection without a user are refused', async () => {
  await expect(signIn('writer', 'password-of-reader')).rejects.toThrow();
  await expect(signIn('default', '')).rejects.toThrow();
  await expect(signIn('', '')).rejects.toThrow('NOAUTH');
});

test('status shows a login that may do everything', async () => {
  const client = new Redis(url, { tls: { ca: data.host.tls.ca } });
  clients.push(client);
  expect(await client.acl('WHOAMI')).toBe('local-operator');
});

test('a changed access string holds at once, on connections that are open', async () => {
  const reader = await signIn('reader');
  await data.update('AWS::ElastiCache::User', 'Reader', user('reader', 'on ~session:* +get +ttl +ping'));
  expect(await reader.ttl('session:1')).toBe(-1);
  await data.act('Cache', 'restart');
  const again = await eventually(() => signIn('reader'));
  expect(await again.ttl('session:1')).toBe(-1);
});

test('while a password is changed, both are accepted, then only the new one', async () => {
  const rules = 'on ~session:* +get +ping';
  const both = { Type: 'password', Passwords: ['password-of-reader', 'new-password-of-reader'] };
  await data.update('AWS::ElastiCache::User', 'Reader', { ...user('reader', rules), AuthenticationMode: both });
  await signIn('reader');
  await signIn('reader', 'new-password-of-reader');
  await data.update('AWS::ElastiCache::User', 'Reader', user('reader', rules, 'new-password-of-reader'));
  await expect(signIn('reader')).rejects.toThrow();
  await signIn('reader', 'new-password-of-reader');
});

test('a rule that the server does not know is refused with the rule', async () => {
  const faulty = data.update('AWS::ElastiCache::User', 'Writer', user('writer', 'on ~session:* +no-such-command'));
  await expect(faulty).rejects.toThrow('+no-such-command');
  await data.update('AWS::ElastiCache::User', 'Writer', user('writer', 'on resetchannels ~session:* +get +set +ping'));
});

test('a user that has left the group is refused', async () => {
  await data.update('AWS::ElastiCache::UserGroup', 'Users', group(['shop-reader']));
  await expect(signIn('writer')).rejects.toThrow();
});

test.each([
  ['a password', 'on >secret ~* +@all'],
  ['no password', 'on nopass ~* +@all'],
  ['no password in upper case', 'on NOPASS ~* +@all'],
  ['a reset', 'on reset'],
])('an access string with %s is refused, as ElastiCache does', async (_what, access) => {
  await expect(data.up('AWS::ElastiCache::User', 'Faulty', user('faulty', access))).rejects.toThrow('AccessString');
});

test.each([
  ['neither a token nor users', {}],
  ['both', { AuthToken: 'a-token-of-sixteen-or-more', UserGroupIds: ['shop-redis'] }],
])('a replication group with %s is refused', async (_what, access) => {
  const up = data.up('AWS::ElastiCache::ReplicationGroup', 'Faulty', { TransitEncryptionEnabled: true, ...access });
  await expect(up).rejects.toThrow('either AuthToken or UserGroupIds');
});
