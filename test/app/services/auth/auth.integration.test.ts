import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { App } from '../../../../app/kit/app.ts';
import { connectDatabase, type Database } from '../../../../app/kit/database.ts';
import type { Task } from '../../../../app/kit/task.ts';
import { createSessionStore } from '../../../../app/kit/session-store.ts';
import { createApp } from '../../../../app/services/auth/app.ts';
import { resetMs } from '../../../../app/services/auth/password-routes.ts';
import { createKeyStore, type KeyTables } from '../../../../app/services/auth/key-store.ts';
import { createUserStore, maxLinks, type AuthTables } from '../../../../app/services/auth/store.ts';
import type { UserStore } from '../../../../app/services/auth/user.ts';
import { adminQuery, createDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { memoryRedis } from '../../../support/sign-in.ts';
import { silentTask } from '../../../support/task.ts';
import { measured } from '../../../support/measured.ts';

let served: TestDatabase<'auth'>;
let connections: Task<unknown>;
let database: Database<AuthTables & KeyTables>;
let app: App;
let nudges = 0;
beforeAll(async () => {
  served = await createDatabase('auth');
  const task = silentTask(served.config.auth);
  connections = task;
  database = connectDatabase<AuthTables & KeyTables>(task);
});
afterAll(async () => {
  await connections.stop();
  await served.drop();
});
beforeEach(async () => {
  await adminQuery(served, 'TRUNCATE auth.users, auth.addresses, auth.api_keys, auth.tokens, auth.outbox');
  app = createAuth();
});

const createAuth = (parts: Partial<Parameters<typeof createApp>[0]> = {}) =>
  createApp({
    store: createUserStore(database, connections.metrics),
    keys: createKeyStore(database),
    redis: memoryRedis(),
    sessionSecret: 's'.repeat(32),
    siteUrl: '',
    onCommit: () => {
      nudges += 1;
    },
    ...parts,
  });

const ada = { email: 'ada@example.com', password: 'correct horse' };
const send = (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object, cookie = '') =>
  app.inject({
    method,
    url: `/api/auth/${path}`,
    headers: { cookie, 'user-agent': 'test' },
    ...(payload && { payload }),
  });
const post = (path: string, payload?: object, cookie = '') => send('POST', path, payload, cookie);
const statusOf = async (path: string, cookie: string) => (await send('GET', path, undefined, cookie)).statusCode;
const cookieOf = ({ cookies }: Awaited<ReturnType<typeof send>>) =>
  cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
const register = async (user = ada) => cookieOf(await post('register', user));
const login = async (user = ada) => cookieOf(await post('login', user));

/** Returns the events in the outbox: the type, the address, and the link with its token. */
async function mails() {
  const rows = await adminQuery(served, 'SELECT type, payload FROM auth.outbox ORDER BY id');
  return rows.map(({ type, payload }) => {
    const { email, link } = payload as { email: string; link: string };
    return { type, email, link, token: new URL(link).hash.slice(1) };
  });
}

async function tokenOf(type: string): Promise<string> {
  return (await mails()).findLast((mail) => mail.type === type)?.token ?? 'none';
}

const waitingForLock = `
  SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND usename = 'auth'`;

/** Registers and confirms the address. */
async function verified(): Promise<string> {
  const cookie = await register();
  await post('verify', { token: await tokenOf('verification.requested') });
  return cookie;
}

test('a user who has just registered can log in', async () => {
  expect((await post('register', { ...ada, email: 'Ada@Example.com' })).statusCode).toBe(201);
  expect((await post('login', ada)).json()).toMatchObject({ email: 'ada@example.com' });
});

test('of two concurrent registrations of one address, one succeeds, is counted, and one mail is sent', async () => {
  const before = (await measured(connections.metrics))['SignUps']?.[''] ?? 0;
  const responses = await Promise.all([post('register', ada), post('register', ada)]);
  expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 409]));
  expect(await adminQuery(served, 'SELECT FROM auth.users')).toHaveLength(1);
  expect(await mails()).toHaveLength(1);
  expect((await measured(connections.metrics))['SignUps']).toEqual({ '': before + 1 });
});

test('invalid input does not change the database', async () => {
  for (const wrong of [{ email: 'eve' }, { email: 'eve@example.com', password: 'short' }, {}])
    await post('register', wrong);
  expect(await adminQuery(served, 'SELECT FROM auth.users')).toEqual([]);
  expect(await mails()).toEqual([]);
});

test('registering mails a link that confirms the address, once', async () => {
  const before = nudges;
  await register();
  expect(nudges).toBe(before + 1);
  const [mail] = await mails();
  expect(mail).toMatchObject({ type: 'verification.requested', email: ada.email });
  expect(mail?.token).toMatch(/^[\w-]{64}$/);

  const page = await app.inject(new URL(mail?.link ?? '').pathname);
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await adminQuery(served, 'SELECT verified_at FROM auth.users')).toEqual([{ verified_at: null }]);

  const confirm = () => post(new URL(mail?.link ?? '').pathname.slice('/api/auth/'.length), { token: mail?.token });
  expect((await confirm()).statusCode).toBe(204);
  expect(await adminQuery(served, 'SELECT verified_at FROM auth.users')).toEqual([{ verified_at: expect.any(Date) }]);
  const again = await confirm();
  expect([again.statusCode, again.json().errors]).toEqual([400, [{ field: 'token', detail: 'is not valid' }]]);
});

test('the table of tokens has their hashes only', async () => {
  await register();
  const token = await tokenOf('verification.requested');
  const secret = Buffer.from(token, 'base64url').subarray(16);
  const hash = createHash('sha256').update(secret).digest();
  expect(await adminQuery(served, 'SELECT hash FROM auth.tokens')).toEqual([{ hash }]);
});

test('a link begins with the host that the client asked, whatever X-Forwarded-Host says, or with the site URL', async () => {
  const headers = {
    host: 'd111.cloudfront.net',
    'cloudfront-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.test',
  };
  await app.inject({ method: 'POST', url: '/api/auth/register', headers, payload: ada });
  expect((await mails())[0]?.link).toMatch(/^https:\/\/d111\.cloudfront\.net\/api\/auth\/verify#/);

  app = createAuth({ siteUrl: 'https://shop.example.com' });
  await app.inject({ method: 'POST', url: '/api/auth/register', headers, payload: { ...ada, email: 'b@example.com' } });
  expect((await mails())[1]?.link).toMatch(/^https:\/\/shop\.example\.com\/api\/auth\/verify#/);
});

test('an expired link confirms nothing', async () => {
  await register();
  await adminQuery(served, 'UPDATE auth.tokens SET expires_at = now()');
  expect((await post('verify', { token: await tokenOf('verification.requested') })).statusCode).toBe(400);
});

test('the verification mail is sent again on request, until the address is confirmed', async () => {
  const cookie = await register();
  expect((await post('verification')).statusCode).toBe(401);
  expect((await post('verification', undefined, cookie)).statusCode).toBe(202);
  expect(await mails()).toHaveLength(2);
  await post('verify', { token: await tokenOf('verification.requested') });
  expect((await post('verification', undefined, cookie)).statusCode).toBe(202);
  expect(await mails()).toHaveLength(2);
});

test('a changed password replaces the old one and ends all other sessions', async () => {
  const [other, cookie] = [await register(), await login()];
  const change = { currentPassword: ada.password, newPassword: 'battery staple' };
  expect((await post('password', change, cookie)).statusCode).toBe(204);
  expect([await statusOf('me', cookie), await statusOf('me', other)]).toEqual([200, 401]);
  expect((await post('login', ada)).statusCode).toBe(401);
  expect((await post('login', { ...ada, password: 'battery staple' })).statusCode).toBe(200);
});

test('changing a password takes a session, the current password and a good new one', async () => {
  const cookie = await register();
  const good = { currentPassword: ada.password, newPassword: 'battery staple' };
  expect((await post('password', good)).statusCode).toBe(401);
  const wrong = await post('password', { ...good, currentPassword: 'wrong horse' }, cookie);
  expect([wrong.statusCode, wrong.json().errors]).toEqual([
    403,
    [{ field: 'currentPassword', detail: 'is not your password' }],
  ]);
  for (const newPassword of ['short', 'password1', ' '.repeat(10)]) {
    const refused = await post('password', { ...good, newPassword }, cookie);
    expect([refused.statusCode, refused.json().errors[0].field]).toEqual([400, 'newPassword']);
  }
  expect((await post('login', ada)).statusCode).toBe(200);
});

test('a sign-in with the old password that overlaps its change gets no session', async () => {
  await register();
  const store = createUserStore(database);
  // When this is asked, the session exists: the password changes just before the sign-in ends.
  const hasPassword: UserStore['hasPassword'] = async (id, oldHash) => {
    await store.changePassword({ id, oldHash, newHash: 'other' }, async () => {});
    return store.hasPassword(id, oldHash);
  };
  const redis = memoryRedis();
  app = createAuth({ redis, store: { ...store, hasPassword } });
  const response = await post('login', ada);
  expect([response.statusCode, response.cookies.map(({ value }) => value)]).toEqual([401, ['']]);
  const [{ id } = {}] = await adminQuery(served, 'SELECT user_id AS id FROM auth.users');
  expect(await createSessionStore(redis).list(id as string)).toEqual([]);
});

test('a sign-in that ends during a change of the password waits for it', async () => {
  await register();
  const store = createUserStore(database);
  const { id, passwordHash: oldHash } = (await store.find(ada.email))!;
  const order: string[] = [];
  let asking: Promise<boolean> | undefined;
  await store.changePassword({ id, oldHash, newHash: 'other' }, async () => {
    asking = store.hasPassword(id, oldHash).finally(() => order.push('sign-in'));
    await eventually(async () => expect(await adminQuery(served, waitingForLock)).toHaveLength(1));
    order.push('sessions ended');
  });
  expect([await asking, order]).toEqual([false, ['sessions ended', 'sign-in']]);
});

test('a password stays as it is while the sessions cannot be ended', async () => {
  const redis = memoryRedis();
  app = createAuth({ redis });
  const cookie = await register();
  redis.zrange = () => Promise.reject(new Error('Redis is down'));
  const change = { currentPassword: ada.password, newPassword: 'battery staple' };
  expect((await post('password', change, cookie)).statusCode).toBe(503);
  app = createAuth();
  expect((await post('login', ada)).statusCode).toBe(200);
});

test('a forgotten password is replaced by a mailed link, once, which ends all sessions', async () => {
  const cookie = await verified();
  const requested = await post('password/reset', { email: 'ADA@example.com' });
  expect([requested.statusCode, requested.body]).toEqual([202, '']);
  expect(await mails()).toMatchObject([
    { type: 'verification.requested' },
    { type: 'reset.requested', email: ada.email },
  ]);
  const { link, token } = (await mails())[1]!;
  expect((await app.inject(new URL(link).pathname)).headers['content-type']).toContain('text/html');

  const confirm = (password: string) => post('password/reset/confirm', { token, password });
  expect((await confirm('password1')).json().errors).toMatchObject([{ field: 'password' }]);
  expect((await confirm('battery staple')).statusCode).toBe(204);
  expect(await statusOf('me', cookie)).toBe(401);
  expect((await post('login', { ...ada, password: 'battery staple' })).statusCode).toBe(200);
  expect((await confirm('another staple')).statusCode).toBe(400);
});

test('a new password makes older links to reset it useless', async () => {
  const cookie = await verified();
  await post('password/reset', { email: ada.email });
  const token = await tokenOf('reset.requested');
  await post('password', { currentPassword: ada.password, newPassword: 'battery staple' }, cookie);
  expect((await post('password/reset/confirm', { token, password: 'another staple' })).statusCode).toBe(400);
});

test('a link that expired or was made up sets no password, nor does one for another purpose', async () => {
  await verified();
  await post('password/reset', { email: ada.email });
  const reset = await tokenOf('reset.requested');
  const confirm = async (token: string) =>
    (await post('password/reset/confirm', { token, password: 'battery staple' })).statusCode;
  expect((await post('verify', { token: reset })).statusCode).toBe(400);
  expect(await confirm('x'.repeat(64))).toBe(400);
  await adminQuery(served, 'UPDATE auth.tokens SET expires_at = now()');
  expect(await confirm(reset)).toBe(400);
  expect((await post('login', ada)).statusCode).toBe(200);
});

test('an address that is not confirmed gets no mail to reset the password, but the verification again', async () => {
  await register();
  expect((await post('password/reset', { email: ada.email })).statusCode).toBe(202);
  expect((await mails()).map(({ type }) => type)).toEqual(['verification.requested', 'verification.requested']);
});

test('for an address that nobody registered, a reset has the same response and writes as much, but mails nothing', async () => {
  await verified();
  const responses = [];
  for (const email of [ada.email, 'nobody@example.com']) {
    const before = await adminQuery(served, 'SELECT FROM auth.tokens');
    const response = await post('password/reset', { email });
    responses.push([response.statusCode, response.body]);
    expect(await adminQuery(served, 'SELECT FROM auth.tokens')).toHaveLength(before.length + 1);
  }
  expect(responses[0]).toEqual(responses[1]);
  expect((await mails()).filter(({ email }) => email !== ada.email)).toEqual([]);
});

test('an address is mailed only so many links to reset the password, however many are requested', async () => {
  await verified();
  for (let n = 0; n < maxLinks + 2; n += 1)
    expect((await post('password/reset', { email: ada.email })).statusCode).toBe(202);
  const links = (await mails()).filter(({ type }) => type === 'reset.requested');
  expect(links).toHaveLength(maxLinks);
  await adminQuery(served, 'UPDATE auth.tokens SET expires_at = now()');
  await post('password/reset', { email: ada.email });
  expect(await mails()).toHaveLength(1 + maxLinks + 1);
});

test('the response to a request for a reset does not depend on how long it took to serve', async () => {
  for (const email of [ada.email, 'nobody@example.com']) {
    const begun = performance.now();
    await post('password/reset', { email });
    // A timer may fire up to 1 ms early.
    expect(performance.now() - begun).toBeGreaterThan(resetMs - 2);
  }
});

test('old tokens are deleted when new ones are made', async () => {
  await register();
  await adminQuery(served, "UPDATE auth.tokens SET expires_at = now() - interval '1 second'");
  await post('password/reset', { email: 'nobody@example.com' });
  expect(await adminQuery(served, 'SELECT purpose FROM auth.tokens')).toEqual([{ purpose: 'reset' }]);
});

test('users see their sessions, newest first, in pages', async () => {
  const cookies = [await register(), await login(), await login()];
  const cookie = cookies[1] ?? '';
  const page = async (query: string) => (await send('GET', `sessions?limit=2${query}`, undefined, cookie)).json();
  const first = await page('');
  const second = await page(`&cursor=${first.nextCursor}`);
  expect(second.nextCursor).toBeNull();
  const items = [...first.items, ...second.items];
  expect(items).toHaveLength(3);
  expect(items[0]).toEqual({
    id: expect.stringMatching(/^[\w-]{43}$/),
    createdAt: expect.stringMatching(/Z$/),
    userAgent: 'test',
    current: expect.any(Boolean),
  });
  expect(items.filter(({ current }) => current)).toHaveLength(1);
  const times = items.map(({ createdAt }) => Date.parse(createdAt));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect((await send('GET', 'sessions')).statusCode).toBe(401);
});

test('users end their sessions one by one, and only theirs', async () => {
  const [cookie, other] = [await register(), await login()];
  const stranger = await register({ ...ada, email: 'eve@example.com' });
  const { items } = (await send('GET', 'sessions', undefined, cookie)).json();
  const id = items.find(({ current }: { current: boolean }) => !current).id;
  const own = items.find(({ current }: { current: boolean }) => current).id;

  expect((await send('DELETE', `sessions/${id}`, undefined, stranger)).statusCode).toBe(404);
  expect(await statusOf('me', other)).toBe(200);
  expect((await send('DELETE', `sessions/${id}`, undefined, cookie)).statusCode).toBe(204);
  expect(await statusOf('me', other)).toBe(401);
  expect((await send('DELETE', `sessions/${id}`, undefined, cookie)).statusCode).toBe(404);
  const ended = await send('DELETE', `sessions/${own}`, undefined, cookie);
  expect([ended.statusCode, ended.cookies[0]?.value]).toEqual([204, '']);
  expect(await statusOf('me', cookie)).toBe(401);
});

test('an address whose registration failed is free again after a while, and until then says when to try again', async () => {
  await adminQuery(served, 'ALTER TABLE auth.users ADD CONSTRAINT broken CHECK (false)');
  expect((await post('register', ada)).statusCode).toBe(500);
  await adminQuery(served, 'ALTER TABLE auth.users DROP CONSTRAINT broken');
  const soon = await post('register', ada);
  expect([soon.statusCode, soon.headers['retry-after'], soon.json().title]).toEqual([
    409,
    '30',
    'Registration under way',
  ]);
  expect((await post('login', ada)).statusCode).toBe(401);
  await adminQuery(served, "UPDATE auth.addresses SET reserved_at = reserved_at - interval '31 seconds'");
  const responses = await Promise.all([post('register', ada), post('register', ada)]);
  expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 409]));
  expect((await post('login', ada)).statusCode).toBe(200);
  await adminQuery(served, "UPDATE auth.addresses SET reserved_at = reserved_at - interval '31 seconds'");
  expect((await post('register', ada)).json().title).toBe('Already registered');
});
