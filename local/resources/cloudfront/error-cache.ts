import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { headerValues } from '../../http/headers.ts';
import type { Hop, HopResponse } from '../../http/hop.ts';

interface ErrorCacheOptions {
  /** Returns the error caching minimum TTL of a status, in ms. */
  readonly minTtlMs: (status: number) => number;
  readonly now?: () => number;
}

interface Stored {
  readonly response: HopResponse;
  readonly bytes: Buffer;
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** Most errors stored at once, so that scans of random paths do not fill the memory. */
const MAX_STORED = 1000;

/** Source of both: HTTPStatusCodes.html#HTTPStatusCodes-cached-errors */
const ALWAYS_CACHED = new Set([404, 405, 410, 414, 500, 501, 502, 503, 504]);
const CACHED_WITH_MAX_AGE = new Set([400, 403, 412, 415]);
/** `Cache-Control: no-store`, `no-cache` and `private` are obeyed with these only. Source: custom-error-pages-expiration.html */
const OBEYS_NO_STORE = new Set([404, 410, 414, 501]);

/**
 * Stores error responses to GET and HEAD as CloudFront does, also where caching is disabled: for the error caching minimum
 * TTL. The cache policy's maximum TTL of 0 keeps `max-age` from making that longer. The key is the path alone, as the
 * policy has no query string, header or cookie in it: what one viewer gets, others get too.
 *
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
export function withErrorCache(origin: Hop, { minTtlMs, now = Date.now }: ErrorCacheOptions): Hop {
  const stored = new Map<string, Stored>();
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return origin(request);
    const key = `${request.method} ${request.url.split('?', 1)[0]}`;
    const known = stored.get(key);
    if (known && known.expiresAt > now()) return replay(known, now());
    stored.delete(key);
    const response = await origin(request);
    const ttlMs = isCacheable(response) ? minTtlMs(response.status) : 0;
    if (ttlMs === 0) return response;
    const { body } = response;
    const bytes = typeof body === 'string' ? Buffer.from(body) : await buffer(body);
    stored.set(key, { response, bytes, storedAt: now(), expiresAt: now() + ttlMs });
    if (stored.size > MAX_STORED) stored.delete(stored.keys().next().value!);
    return { ...response, body: Readable.from([bytes], { objectMode: false }) };
  };
}

function replay({ response, bytes, storedAt }: Stored, now: number): HopResponse {
  const age = String(Math.floor((now - storedAt) / 1000));
  return {
    ...response,
    headers: [...response.headers, 'Age', age],
    body: Readable.from([bytes], { objectMode: false }),
  };
}

function isCacheable({ status, headers }: HopResponse): boolean {
  const directives = headerValues(headers, 'cache-control').join(',').toLowerCase();
  if (OBEYS_NO_STORE.has(status) && /\b(?:no-store|no-cache|private)\b/.test(directives)) return false;
  return ALWAYS_CACHED.has(status) || (CACHED_WITH_MAX_AGE.has(status) && /\b(?:s-maxage|max-age)=/.test(directives));
}
