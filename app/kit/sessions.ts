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

/** The commands of Redis that sessions use. */
export interface SessionRedis {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: 'PX', ms: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

const cookieName = 'session';
/** A session ends a week after sign-in, in ms. */
const lifetime = 7 * 24 * 60 * 60 * 1000;

export interface SessionParts {
  readonly redis: SessionRedis;
  /** Signs the cookie; at least 32 characters. */
  readonly sessionSecret: string;
}

/** Keeps sessions in Redis; the browser has an opaque signed cookie. */
export const sessions = ({ redis, sessionSecret }: SessionParts) =>
  plugin(async (app) => {
    await app.register(cookie);
    await app.register(session, {
      secret: sessionSecret,
      cookieName,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', path: '/', maxAge: lifetime },
      store: createStore(redis),
      saveUninitialized: false,
      rolling: false,
    });
  });

/** Returns the signed-in user. @throws Problem 401 if there is none */
export function requireUser(request: FastifyRequest): User {
  const { user } = request.session;
  if (!user) throw new Problem(401, 'Sign in first');
  return user;
}

/** Signs a user in under a new session id, so that an attacker cannot plant one beforehand (session fixation). */
export async function signIn(request: FastifyRequest, user: User): Promise<void> {
  await request.session.regenerate();
  request.session.user = user;
}

export async function signOut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await request.session.destroy();
  void reply.clearCookie(cookieName, { path: '/' });
}

/** Stores sessions as JSON with an expiry. */
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
