import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { Value } from 'typebox/value';
import { KeyOwner } from '../contracts/key-owner.ts';
import type { HttpClient } from './http-client.ts';
import { Problem } from './problem.ts';
import type { User } from './session-store.ts';

declare module 'fastify' {
  interface FastifyRequest {
    keyOwner: User | undefined;
  }
}

/** Returns the user whose API key this is; undefined if there is no such key or it has been revoked. */
export type FindKeyOwner = (key: string) => Promise<User | undefined>;

/** Finds the owner of the key in `X-Api-Key`. A request with a key that is not valid fails, whatever it asks for. */
export const apiKeys = (findKeyOwner: FindKeyOwner) =>
  plugin(async (app) => {
    app.decorateRequest('keyOwner', undefined);
    // After the limits of requests.
    app.addHook('preParsing', async (request) => {
      const key = keyOf(request);
      if (key === undefined) return;
      request.keyOwner = await findKeyOwner(key);
      if (request.keyOwner === undefined) {
        throw new Problem(401, 'Unknown API key', {
          detail: 'The key in X-Api-Key does not exist or has been revoked.',
        });
      }
    });
  });

export function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['x-api-key'];
  return Array.isArray(key) ? key.join(', ') : key;
}

/**
 * Finds owners by calling `auth`. Nothing is cached, so a revoked key is refused by all services at once.
 * @throws DependencyError while `auth` is not available
 */
export function createKeyOwnerFinder(auth: HttpClient): FindKeyOwner {
  return async (key) => {
    const { status, json } = await auth.request('GET', '/api/auth/me', { headers: { 'x-api-key': key } });
    if (status === 401) return undefined;
    if (status === 200 && Value.Check(KeyOwner, json)) return json;
    throw new Error(`auth responded to GET /api/auth/me with ${status}: ${JSON.stringify(json)}`);
  };
}

/** Returns the headers by which another service finds the same user. */
export function credentialsOf(request: FastifyRequest): Record<string, string> {
  const key = keyOf(request);
  return key === undefined ? { cookie: request.headers.cookie ?? '' } : { 'x-api-key': key };
}
