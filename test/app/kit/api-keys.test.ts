import { expect, test } from '@jest/globals';
import { createKeyOwnerFinder, credentialsOf } from '../../../app/kit/api-keys.ts';
import { DependencyError } from '../../../app/kit/problem.ts';
import { createServer } from '../../../app/kit/server.ts';
import { requireSession, requireUser, sessions } from '../../../app/kit/sessions.ts';
import { allowSignIn, memoryRedis } from '../../support/sign-in.ts';

const ada = { id: '00000000-0000-7000-8000-000000000001', email: 'ada@example.com' };
const eve = { id: '2', email: 'eve@example.com' };

const app = createServer({ name: 'things' });
const findKeyOwner = async (key: string) => (key === 'key of ada' ? ada : undefined);
void app.register(sessions({ redis: memoryRedis(), sessionSecret: 's'.repeat(32), findKeyOwner }));
app.get('/me', async (request) => requireUser(request));
app.get('/session', async (request) => requireSession(request));
app.get('/public', async () => 'public');
app.get('/credentials', async (request) => credentialsOf(request));
const signIn = allowSignIn(app);

const get = (url: string, headers: Record<string, string>) => app.inject({ url, headers });

test('a key stands for its owner', async () => {
  expect((await get('/me', { 'x-api-key': 'key of ada' })).json()).toEqual(ada);
});

test.each(['/me', '/public'])('an unknown key is a 401, also at %s', async (url) => {
  const response = await get(url, { 'x-api-key': 'key of nobody' });
  expect(response.statusCode).toBe(401);
  expect(response.json()).toMatchObject({ title: 'Unknown API key' });
});

test('a key counts instead of the session that comes with it', async () => {
  const cookie = await signIn(eve);
  expect((await get('/me', { cookie })).json()).toEqual(eve);
  expect((await get('/me', { cookie, 'x-api-key': 'key of ada' })).json()).toEqual(ada);
  expect((await get('/me', { cookie, 'x-api-key': 'key of nobody' })).statusCode).toBe(401);
});

test('a key is no session', async () => {
  expect((await get('/session', { 'x-api-key': 'key of ada' })).statusCode).toBe(401);
});

test('what is passed on to another service is the key, else the cookie', async () => {
  expect((await get('/credentials', { cookie: 'a=b' })).json()).toEqual({ cookie: 'a=b' });
  expect((await get('/credentials', { cookie: 'a=b', 'x-api-key': 'key of ada' })).json()).toEqual({
    'x-api-key': 'key of ada',
  });
});

test('auth is asked for the owner of a key; its 401 means that there is none', async () => {
  const sent: unknown[] = [];
  const find = createKeyOwnerFinder({
    request: async (method, path, more) => {
      sent.push([method, path, more]);
      return sent.length === 1 ? { status: 200, json: { ...ada, more: true } } : { status: 401, json: {} };
    },
  });
  expect(await find('k')).toMatchObject(ada);
  expect(await find('k')).toBeUndefined();
  expect(sent[0]).toEqual(['GET', '/api/auth/me', { headers: { 'x-api-key': 'k' } }]);
});

test('a key is not taken for unknown while auth is not available', async () => {
  const find = createKeyOwnerFinder({ request: () => Promise.reject(new DependencyError('auth')) });
  await expect(find('k')).rejects.toMatchObject({ status: 503 });
  const broken = createKeyOwnerFinder({ request: async () => ({ status: 200, json: { id: 1 } }) });
  await expect(broken('k')).rejects.toThrow('auth responded to GET /api/auth/me with 200');
});
