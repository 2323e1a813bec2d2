import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/**
 * Hides a path from the internet: the load balancer has no rule for it, and a request that CloudFront forwarded gets the 404 of an
 * unknown path.
 * @throws Problem 404
 */
export function refuseInternet({ headers, url }: FastifyRequest): void {
  if ('cloudfront-viewer-address' in headers)
    throw new Problem(404, undefined, { detail: `No resource at ${url.split('?', 1)[0]}` });
}
