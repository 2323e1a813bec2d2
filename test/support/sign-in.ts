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

/** Lets tests sign in without the `auth` service. Call it before the app answers anything. */
export function allowSignIn(app: App): (user: User) => Promise<string> {
  app.post('/test/sign-in', (request) => signIn(request, request.body as User));
  return async (user) => {
    const answer = await app.inject({ method: 'POST', url: '/test/sign-in', payload: { ...user } });
    return answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  };
}
