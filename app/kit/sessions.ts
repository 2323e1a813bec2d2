import { createHash, randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { apiKeys, keyOf, type FindKeyOwner } from './api-keys.ts';
import { runWithOwnWrites, type OwnWrites } from './own-writes.ts';
import { Problem } from './problem.ts';
import {
  createSessionStore,
  lifetimeMs,
  type SessionRedis,
  type SessionStore,
  type StoredSession,
  type User,
} from './session-store.ts';

/** The session of a request. Its id is not the secret of the cookie, so it may be shown to the user. */
export interface Session extends StoredSession {
  readonly id: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    session: Session | undefined;
    sessionStore: SessionStore;
    ownWrites: KeptWrites | undefined;
  }
}

interface KeptWrites extends OwnWrites {
  /** The position that Redis has. */
  kept: number;
}

export interface SessionParts {
  readonly redis: SessionRedis;
  /** Signs the cookie; at least 32 characters. */
  readonly sessionSecret: string;
  readonly findKeyOwner: FindKeyOwner;
}

/**
 * Finds the session of each request by its cookie: a random secret, signed so that a made-up one never reaches Redis. The
 * id under which the session is stored is a hash of that secret, so what is in Redis signs nobody in. A request with an API key
 * has no session, whatever cookie it carries.
 *
 * Keeps how far the session, or the API key, has written: its next request sees that, in whichever task or service.
 */
export const sessions = ({ redis, sessionSecret, findKeyOwner }: SessionParts) =>
  plugin(async (app) => {
    const store = createSessionStore(redis);
    await app.register(cookie, { secret: sessionSecret });
    app.decorateRequest('session', undefined);
    app.decorateRequest('ownWrites');
    app.decorateRequest('sessionStore', { getter: () => store });
    const finding = new WeakMap<FastifyRequest, ReturnType<typeof find>>();
    const find = async (request: FastifyRequest) => {
      const key = keyOf(request);
      // Without Redis, the position is unknown: no replica is sure to have reached it.
      if (key !== undefined) return { written: await store.findWritten(idOf(key)).catch(() => Infinity) };
      const { valid, value } = request.unsignCookie(cookieOf(request));
      const id = valid ? idOf(value) : undefined;
      const found = id === undefined ? undefined : await store.find(id);
      if (id === undefined || found === undefined) return { written: 0 };
      const { written, ...session } = found;
      return { written, session: { id, ...session } };
    };
    // Sent to Redis with what limits the request, and awaited after that.
    app.addHook('onRequest', (request, _reply, done) => {
      const found = find(request);
      found.catch(() => {});
      finding.set(request, found);
      done();
    });
    await app.register(apiKeys(findKeyOwner));
    app.addHook('preParsing', async (request) => {
      const { written, session } = (await finding.get(request)) ?? { written: 0 };
      request.session = session;
      request.ownWrites = { position: written, kept: written };
    });
    // As late as possible: the events of a body are outside the asynchronous context of the hooks before.
    app.addHook('preHandler', ({ ownWrites }, _reply, done) => {
      if (ownWrites === undefined) done();
      else runWithOwnWrites(ownWrites, done);
    });
    // Before the client has the response, and so before its next request.
    app.addHook('onSend', async (request) => {
      const { ownWrites, session, log } = request;
      const key = keyOf(request);
      const id = key === undefined ? session?.id : idOf(key);
      if (id === undefined || ownWrites === undefined || ownWrites.position <= ownWrites.kept) return;
      try {
        await store.setWritten(id, ownWrites.position);
      } catch (err) {
        log.warn({ err }, 'the position of a write is not kept, the client may miss the write while replicas lag');
      }
    });
  });

const plainName = 'session';
/** Browsers accept this prefix only over TLS, for the whole site and this host alone, so no other site can plant a cookie
 * (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes). */
const secureName = '__Host-session';

/**
 * The plain cookie counts only where the viewer's connection has no TLS. A call of another service has none either, and
 * forwards the cookie that it received.
 */
function cookieOf({ cookies, protocol }: FastifyRequest): string {
  return cookies[secureName] ?? (protocol === 'https' ? undefined : cookies[plainName]) ?? '';
}

const idOf = (secret: string) => createHash('sha256').update(secret).digest('base64url');

/** Returns the signed-in user, or the owner of the API key. @throws Problem 401 if there is none */
export function requireUser(request: FastifyRequest): User {
  return request.keyOwner ?? requireSession(request).user;
}

/** Returns the session of the request. @throws Problem 401 if there is none */
export function requireSession(request: FastifyRequest): Session {
  if (request.session === undefined) throw new Problem(401, 'Sign in first');
  return request.session;
}

/** Signs a user in with a new secret, so that an attacker cannot plant one beforehand (session fixation). */
export async function signIn(request: FastifyRequest, reply: FastifyReply, user: User): Promise<void> {
  await endSession(request);
  const secret = randomBytes(32).toString('base64url');
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 200);
  const id = idOf(secret);
  const session = { user, createdAt: Date.now(), userAgent };
  await request.sessionStore.create(id, session);
  request.session = { id, ...session };
  if (request.ownWrites !== undefined) request.ownWrites.kept = 0;
  setCookie(request, reply, secret, lifetimeMs / 1000);
}

/**
 * Ends the session of the request and deletes its cookie. Without a cookie it does nothing: a form of another site sends
 * none, and must not delete the one that the browser has.
 */
export async function signOut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.session === undefined && cookieOf(request) === '') return;
  await endSession(request);
  setCookie(request, reply, '', 0);
}

async function endSession(request: FastifyRequest): Promise<void> {
  const { session } = request;
  if (session !== undefined) await request.sessionStore.end(session.user.id, [session.id]);
  request.session = undefined;
}

/** `maxAge` in seconds; 0 deletes it. */
function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number): void {
  const secure = request.protocol === 'https';
  const name = secure ? secureName : plainName;
  void reply.setCookie(name, value, {
    signed: value !== '',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    path: '/',
    maxAge,
  });
}
