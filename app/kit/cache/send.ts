import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Content } from './entry.ts';

/**
 * Nothing invalidates what browsers and edges have, so they keep it for seconds. An edge returns what is older while it asks
 * again, so nobody waits for that.
 */
export const publicForSeconds = 'public, max-age=10, s-maxage=60, stale-while-revalidate=600';

/**
 * Sends content with its own headers, or 304 without a body if the client has it already. Both carry the same headers, as
 * RFC 9110, 15.4.5, demands of the ones that a 200 has.
 */
export function sendContent(request: FastifyRequest, reply: FastifyReply, content: Content, cacheControl: string) {
  reply.headers({ ...content.headers, 'cache-control': cacheControl });
  if (matches(request.headers['if-none-match'], content.headers['etag'])) return reply.code(304).send();
  return reply.send(content.body);
}

/** Compares weakly (RFC 9110, 13.1.2): an edge that compresses makes a tag weak. */
function matches(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false;
  return header.split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag;
  });
}
