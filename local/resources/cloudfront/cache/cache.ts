import { LRUCache } from 'lru-cache';

import { firstHeader } from '../../../http/headers.ts';
import { discard, type Hop, type HopRequest, type HopResponse } from '../../../http/hop.ts';
import type { CachePolicy } from '../policies/cache-policy.ts';
import { acceptedEncodings, cacheKey } from './cache-key.ts';
import { compress, isCompressible } from './compression.ts';
import { lifetimeOf } from './lifetime.ts';
import { readBody } from './read-body.ts';
import { replay } from './replay.ts';
import { refreshedHeaders, sizeOf, toStored, without, type Stored } from './stored.ts';

/** What the cache uses of a behaviour. */
export interface CacheBehavior {
  readonly cachePolicy: CachePolicy;
  readonly compress: boolean;
  /** Whether simultaneous requests of one key are one request to the origin. */
  readonly collapses: boolean;
}

export interface CacheOptions {
  /** Returns the error caching minimum TTL of a status, in ms. */
  readonly errorTtlMs: (status: number) => number;
  /** Returns whether errors are stored at all. @default - they are */
  readonly storesErrors?: () => boolean;
  /** Memory of all stored responses, in bytes. @default 64 MiB */
  readonly maxBytes?: number;
  readonly now?: () => number;
}

/** How `X-Cache` names what happened. Source: standard-logs-reference.html (x-edge-result-type) */
export type Outcome = 'Hit' | 'Miss' | 'RefreshHit';

export interface Cached {
  readonly response: HopResponse;
  readonly outcome: Outcome;
}

export type Cache = (request: HopRequest, behavior: CacheBehavior, origin: Hop) => Promise<Cached>;

/** Either a stored response, which all who wait share, or one for a single viewer. */
type Fetched = { readonly stored: Stored; readonly outcome: Outcome } | { readonly response: HopResponse };

const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/**
 * Returns the cache of a distribution. It stores responses to GET and HEAD, apart, for as long as the cache policy and the
 * origin say (`lifetimeOf`), and errors for the error caching minimum TTL at least.
 */
export function createCache(options: CacheOptions): Cache {
  const { errorTtlMs, storesErrors = () => true, maxBytes = DEFAULT_MAX_BYTES, now = Date.now } = options;
  const maxEntrySize = Math.ceil(maxBytes / 4);
  const store = new LRUCache<string, Stored>({ maxSize: maxBytes, maxEntrySize, sizeCalculation: sizeOf });
  const underWay = new Map<string, Promise<Fetched>>();

  async function fetch(key: string, request: HopRequest, behavior: CacheBehavior, origin: Hop): Promise<Fetched> {
    const known = store.get(key);
    const stale = known && known.status < 400 ? known : undefined;
    const response = await origin(toOriginRequest(request, behavior, stale));
    const { status } = response;
    const minTtlMs = errorTtlMs(status);
    if (stale && status === 304) {
      discard(response);
      const headers = refreshedHeaders(stale.headers, response.headers);
      const lifetime = lifetimeOf({ status: stale.status, headers }, behavior.cachePolicy, minTtlMs, now());
      const stored = toStored({ ...stale, headers }, stale.bytes, lifetime, now());
      if (lifetime.freshMs > 0) store.set(key, stored);
      else store.delete(key);
      return { stored, outcome: 'RefreshHit' };
    }
    if (stale && status >= 500 && stale.staleIfErrorUntil > now()) {
      discard(response);
      // The next request asks the origin again only after the error caching minimum TTL. Source: HTTPStatusCodes.html
      const freshUntil = Math.min(now() + minTtlMs, stale.staleIfErrorUntil);
      store.set(key, { ...stale, freshUntil });
      return { stored: stale, outcome: 'Hit' };
    }
    const isStored = status < 400 || storesErrors();
    const lifetime = lifetimeOf(response, behavior.cachePolicy, minTtlMs, now());
    if (!isStored || lifetime.freshMs === 0 || Number(firstHeader(response.headers, 'content-length')) > maxEntrySize) {
      store.delete(key);
      return { response };
    }
    const bytes = await readBody(response.body, maxEntrySize);
    if (!(bytes instanceof Uint8Array)) return { response: { ...response, body: bytes } };
    const encodings = behavior.compress ? acceptedEncodings(request.headers, behavior.cachePolicy) : '';
    const content =
      encodings !== '' && request.method === 'GET' && isCompressible(response)
        ? await compress(response.headers, bytes, encodings)
        : { headers: response.headers, bytes };
    const stored = toStored({ ...response, headers: content.headers }, content.bytes, lifetime, now());
    store.set(key, stored);
    return { stored, outcome: 'Miss' };
  }

  /** Fetches once for all requests of a key that wait; `isOwn` is true for the request that fetches. */
  function fetchOnce(key: string, request: HopRequest, behavior: CacheBehavior, origin: Hop) {
    const pending = underWay.get(key);
    if (pending) return { fetched: pending, isOwn: false };
    // Others wait for it, so it must go on without its viewer.
    const alone = { ...request, signal: new AbortController().signal };
    const fetched = fetch(key, alone, behavior, origin).finally(() => underWay.delete(key));
    underWay.set(key, fetched);
    return { fetched, isOwn: true };
  }

  function revalidate(key: string, request: HopRequest, behavior: CacheBehavior, origin: Hop): void {
    const { fetched, isOwn } = fetchOnce(key, request, behavior, origin);
    if (!isOwn) return;
    fetched.then(
      (result) => 'response' in result && discard(result.response),
      () => undefined,
    );
  }

  function serve(stored: Stored, outcome: Outcome, request: HopRequest): Cached {
    const response = replay(stored, request);
    if (outcome === 'Miss') return { response, outcome };
    const age = String(Math.max(0, Math.floor((now() - stored.storedAt) / 1000)));
    return { response: { ...response, headers: [...response.headers, 'Age', age] }, outcome };
  }

  return async (request, behavior, origin) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { response: await origin(request), outcome: 'Miss' };
    }
    const key = cacheKey(request, behavior.cachePolicy);
    const known = store.get(key);
    if (known && known.freshUntil > now()) return serve(known, 'Hit', request);
    if (known && known.staleWhileRevalidateUntil > now()) {
      revalidate(key, request, behavior, origin);
      return serve(known, 'Hit', request);
    }
    const { fetched, isOwn } = behavior.collapses
      ? fetchOnce(key, request, behavior, origin)
      : { fetched: fetch(key, request, behavior, origin), isOwn: true };
    let result = await fetched;
    // What is for a single viewer is for nobody else: the others ask for their own.
    if ('response' in result && !isOwn) result = await fetch(key, request, behavior, origin);
    return 'response' in result
      ? { response: result.response, outcome: 'Miss' }
      : serve(result.stored, result.outcome, request);
  };
}

/**
 * Where the response may be stored, the whole object is requested, whatever range or condition the viewer states, with
 * conditions of the cache's own. Source: RangeGETs.html ("CloudFront may request a larger range")
 */
function toOriginRequest(request: HopRequest, { cachePolicy }: CacheBehavior, stale: Stored | undefined): HopRequest {
  if (cachePolicy.maxTtlMs === 0) return request;
  const viewer = 'range if-range if-match if-none-match if-modified-since if-unmodified-since'.split(' ');
  const headers = without(request.headers, ...viewer);
  const etag = stale && firstHeader(stale.headers, 'etag');
  const lastModified = stale && firstHeader(stale.headers, 'last-modified');
  if (etag !== undefined) headers.push('If-None-Match', etag);
  if (lastModified !== undefined) headers.push('If-Modified-Since', lastModified);
  return { ...request, headers };
}
