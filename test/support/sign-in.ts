import type { App } from '../../app/kit/app.ts';
import { signIn, type SessionRedis, type User } from '../../app/kit/sessions.ts';

/** Keeps sessions in memory. */
export function memoryRedis(): SessionRedis {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value) => values.set(key, value),
    del: async (key) => values.delete(key),
  };
}

/** Adds a route by which tests sign in without the `auth` service. Call it before the first request. */
export function allowSignIn(app: App): (user: User) => Promise<string> {
  app.post('/test/sign-in', (request) => signIn(request, request.body as User));
  return async (user) => {
    const response = await app.inject({ method: 'POST', url: '/test/sign-in', payload: { ...user } });
    return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  };
}
