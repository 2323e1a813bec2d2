import { callbackify } from 'node:util';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import type { FastifyReply, FastifyRequest, Session } from 'fastify';
import plugin from 'fastify-plugin';
import { DependencyError, Problem } from './problem.ts';

export interface User {
  id: string;
  email: string;
}

declare module 'fastify' {
  interface Session {
    user?: User;
  }
}

/** What sessions need of Redis. */
export interface SessionRedis {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: 'PX', ms: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

const cookieName = 'session';
/** A session ends a week after signing in, in ms. */
const lifetime = 7 * 24 * 60 * 60 * 1000;

/** Sessions in Redis, known to the browser by an opaque signed cookie. `secret` has at least 32 characters. */
export const sessions = (options: { redis: SessionRedis; secret: string }) =>
  plugin(async (app) => {
    await app.register(cookie);
    await app.register(session, {
      secret: options.secret,
      cookieName,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', path: '/', maxAge: lifetime },
      store: createStore(options.redis),
      saveUninitialized: false,
      rolling: false,
    });
  });

/** @throws Problem 401 if nobody is signed in */
export function requireUser(request: FastifyRequest): User {
  const { user } = request.session;
  if (!user) throw new Problem(401, 'Sign in first');
  return user;
}

/** The session gets a new id, so that one planted before signing in is worth nothing. */
export async function signIn(request: FastifyRequest, user: User): Promise<void> {
  await request.session.regenerate();
  request.session.user = user;
}

export async function signOut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await request.session.destroy();
  void reply.clearCookie(cookieName, { path: '/' });
}

/** Sessions as JSON that Redis forgets by itself. */
function createStore(redis: SessionRedis) {
  const key = (id: string) => `session:${id}`;
  const unavailable = (cause: unknown): never => {
    throw new DependencyError('The session store', { cause });
  };
  return {
    get: callbackify(async (id: string) => {
      const json = await redis.get(key(id)).catch(unavailable);
      return json === null ? null : (JSON.parse(json) as Session);
    }),
    set: callbackify(async (id: string, value: Session) => {
      await redis.set(key(id), JSON.stringify(value), 'PX', lifetime).catch(unavailable);
    }),
    destroy: callbackify(async (id: string) => {
      await redis.del(key(id)).catch(unavailable);
    }),
  };
}
