import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import type { App } from '../../../../app/kit/app.ts';
import { createApp } from '../../../../app/services/auth/app.ts';
import type { UserStore } from '../../../../app/services/auth/user.ts';
import { memoryRedis } from '../../../support/sign-in.ts';

const ada = { email: 'ada@example.com', password: 'correct horse' };

/** What needs tokens is tested on a real database. */
function memoryUsers(): UserStore {
  const users = new Map<string, { id: string; email: string; passwordHash: string }>();
  return {
    async add(email, passwordHash) {
      if (users.has(email)) return 'taken';
      const user = { id: randomUUID(), email };
      users.set(email, { ...user, passwordHash });
      return user;
    },
    find: async (email) => users.get(email),
    hasPassword: async () => true,
  } satisfies Partial<UserStore> as unknown as UserStore;
}

let app: App;
beforeEach(() => {
  app = createApp({
    store: memoryUsers(),
    redis: memoryRedis(),
    keys: {} as never,
    sessionSecret: 's'.repeat(32),
    siteUrl: '',
    onCommit: () => {},
  });
});

const post = (path: string, payload?: object, cookie = '') =>
  app.inject({ method: 'POST', url: `/api/auth/${path}`, headers: { cookie }, ...(payload && { payload }) });
const me = (cookie = '') => app.inject({ url: '/api/auth/me', headers: { cookie } });
type Response = Awaited<ReturnType<typeof post>>;
const cookieOf = ({ cookies }: Response) => cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

test('registering signs the user in', async () => {
  const response = await post('register', ada);
  expect(response.statusCode).toBe(201);
  expect(response.json()).toEqual({ id: expect.any(String), email: ada.email });
  expect((await me(cookieOf(response))).json()).toEqual(response.json());
});

test('without a valid session there is no user', async () => {
  const response = await me();
  expect(response.statusCode).toBe(401);
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect((await me('session=forged.signature')).statusCode).toBe(401);
});

test('the cookie is hidden from scripts and other sites, and from plain HTTP if the site has HTTPS', async () => {
  const [plain] = (await post('register', ada)).cookies;
  expect(plain).toMatchObject({ name: 'session', httpOnly: true, sameSite: 'Lax', path: '/' });
  const secure = await app.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: ada,
    headers: { 'x-forwarded-proto': 'https' },
  });
  expect(secure.cookies[0]).toMatchObject({ name: '__Host-session', secure: true, path: '/', httpOnly: true });
  expect(secure.cookies[0]).not.toHaveProperty('domain');
});

test('over TLS, a session cookie without the __Host- prefix signs nobody in', async () => {
  const cookie = cookieOf(await post('register', ada));
  const over = (name: string, protocol: string) =>
    app.inject({
      url: '/api/auth/me',
      headers: { cookie: cookie.replace('session=', `${name}=`), 'x-forwarded-proto': protocol },
    });
  expect((await over('session', 'https')).statusCode).toBe(401);
  expect((await over('__Host-session', 'https')).statusCode).toBe(200);
  // As a call of another service, which forwards the cookie.
  expect((await over('__Host-session', 'http')).statusCode).toBe(200);
});

test('logging out over TLS deletes the cookie that was set over TLS', async () => {
  const cookie = cookieOf(await post('register', ada)).replace('session=', '__Host-session=');
  const headers = { 'x-forwarded-proto': 'https', cookie };
  const response = await app.inject({ method: 'POST', url: '/api/auth/logout', headers });
  expect(response.cookies).toMatchObject([{ name: '__Host-session', value: '', maxAge: 0 }]);
  expect((await me(cookie)).statusCode).toBe(401);
});

test('logging out deletes a cookie whose session has ended', async () => {
  expect((await post('logout', undefined, 'session=forged.signature')).cookies).toMatchObject([{ maxAge: 0 }]);
});

// A browser sends a cookie that is SameSite=Lax with no POST of another site, and stores those of the response to a form.
test.each([
  ['login', 'text/plain', JSON.stringify(ada), 415],
  ['login', 'application/x-www-form-urlencoded', 'email=ada@example.com&password=correct+horse', 415],
  ['login', undefined, JSON.stringify(ada), 415],
  ['logout', undefined, undefined, 204],
])('another site cannot change who is signed in: %s as %s', async (path, type, payload, status) => {
  await post('register', ada);
  const headers = type === undefined ? {} : { 'content-type': type };
  const response = await app.inject({ method: 'POST', url: `/api/auth/${path}`, headers, payload });
  expect([response.statusCode, response.cookies]).toEqual([status, []]);
});

test('an e-mail address is registered once, regardless of its case', async () => {
  await post('register', ada);
  const again = await post('register', { ...ada, email: 'Ada@Example.com' });
  expect(again.statusCode).toBe(409);
  expect(again.json()).toMatchObject({ errors: [{ field: 'email' }] });
});

test('logging in requires the right password', async () => {
  await post('register', ada);
  const right = await post('login', { ...ada, email: 'ADA@example.com' });
  expect(right.statusCode).toBe(200);
  expect((await me(cookieOf(right))).json()).toEqual(right.json());
});

test('a wrong password and an unknown address get the same response', async () => {
  await post('register', ada);
  const wrong = await post('login', { ...ada, password: 'wrong horse' });
  const unknown = await post('login', { ...ada, email: 'bob@example.com' });
  expect(wrong.statusCode).toBe(401);
  expect(unknown.json()).toEqual({ ...wrong.json<object>(), requestId: expect.any(String) });
  expect(wrong.cookies).toEqual([]);
});

test('logging in changes the id of the session', async () => {
  const before = cookieOf(await post('register', ada));
  const after = cookieOf(await post('login', ada, before));
  expect(after).not.toBe(before);
  expect((await me(before)).statusCode).toBe(401);
  expect((await me(after)).statusCode).toBe(200);
});

test('logging out ends the session for every holder of its cookie', async () => {
  const cookie = cookieOf(await post('register', ada));
  const response = await post('logout', undefined, cookie);
  expect(response.statusCode).toBe(204);
  expect(response.body).toBe('');
  expect(response.cookies[0]).toMatchObject({ name: 'session', value: '' });
  expect((await me(cookie)).statusCode).toBe(401);
  expect((await post('logout')).statusCode).toBe(204);
});

test.each([
  ['an invalid address', { email: 'ada' }, 400, 'email'],
  ['an address that SES refuses', { email: '"a b"@example.com' }, 400, 'email'],
  ['an address of a domain without a dot', { email: 'a@b' }, 400, 'email'],
  ['an address that is too long', { email: `${'a'.repeat(250)}@example.com` }, 400, 'email'],
  ['a password that is too short', { password: '1234567' }, 400, 'password'],
  ['a password that is too long', { password: 'x'.repeat(1025) }, 400, 'password'],
  ['a blank password', { password: ' \t\u00A0\u3000    ' }, 400, 'password'],
  ['an unknown field', { admin: true }, 400, 'admin'],
])('registering with %s is refused with the name of the field', async (_what, wrong, status, field) => {
  const response = await post('register', { ...ada, ...wrong });
  expect(response.statusCode).toBe(status);
  expect(response.json().errors).toContainEqual(expect.objectContaining({ field }));
});

test('a password of 10 MB is refused as too large', async () => {
  expect((await post('register', { ...ada, password: 'x'.repeat(10_000_000) })).statusCode).toBe(413);
});
