import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../kit/problem.ts';

/**
 * Returns a check of a request's bearer token. Compares hashes, so that the time reveals neither the key nor its
 * length.
 * @throws Problem 401 if the token is missing or is not the key
 */
export function createKeyCheck(key: string): (request: Pick<FastifyRequest, 'headers'>) => void {
  const expected = sha256(key);
  return ({ headers }) => {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined && timingSafeEqual(sha256(token), expected)) return;
    throw new Problem(401, 'Key required', {
      detail: 'Send the key of the payment provider, as `Authorization: Bearer <key>`.',
      headers: { 'www-authenticate': 'Bearer' },
    });
  };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
