import type { App } from '../../app/kit/server.ts';
import { signIn, type SessionRedis, type User } from '../../app/kit/sessions.ts';

/** A session store that is a Map. */
export function memoryRedis(): SessionRedis {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value) => values.set(key, value),
    del: async (key) => values.delete(key),
  };
}

/** Returns a function that signs in without the `auth` service. Must be called before the app handles a request. */
export function allowSignIn(app: App): (user: User) => Promise<string> {
  app.post('/test/sign-in', (request) => signIn(request, request.body as User));
  return async (user) => {
    const response = await app.inject({ method: 'POST', url: '/test/sign-in', payload: { ...user } });
    return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  };
}
