import type { App } from '../../app/kit/app.ts';
import { signIn } from '../../app/kit/sessions.ts';
import type { SessionRedis, User } from '../../app/kit/session-store.ts';

/** Keeps sessions in memory. */
export function memoryRedis(): SessionRedis {
  const values = new Map<string, string>();
  const sets = new Map<string, Map<string, number>>();
  const set = (key: string) => sets.get(key) ?? sets.set(key, new Map()).get(key)!;
  return {
    getex: async (key) => values.get(key) ?? null,
    mget: async (keys) => keys.map((key) => values.get(key) ?? null),
    set: async (key, value) => values.set(key, value),
    del: async (keys) => keys.forEach((key) => values.delete(key) || sets.delete(key)),
    zadd: async (key: string, ...args: [number, string] | ['GT', number, string]) => {
      const [score, member] = args.length === 3 ? [args[1], args[2]] : args;
      const least = args.length === 3 ? (set(key).get(member) ?? 0) : score;
      return set(key).set(member, Math.max(score, least));
    },
    zrem: async (key, members) => members.forEach((member) => set(key).delete(member)),
    zrange: async (key, start, stop) => {
      const members = [...set(key)].toSorted((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1)).map(([member]) => member);
      return members.slice(start, stop === -1 ? undefined : stop + 1);
    },
    zscore: async (key, member) => set(key).get(member)?.toString() ?? null,
    pexpire: async () => {},
  };
}

/** For services whose tests send no API key. */
export const noKeys = async (): Promise<undefined> => undefined;

/** Adds a route by which tests sign in without the `auth` service. Call it before the first request. */
export function allowSignIn(app: App): (user: User) => Promise<string> {
  app.post('/test/sign-in', (request, reply) => signIn(request, reply, request.body as User));
  return async (user) => {
    const response = await app.inject({ method: 'POST', url: '/test/sign-in', payload: { ...user } });
    return response.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  };
}
