import { firstHeader, headerValues } from '../../../http/headers.ts';
import type { HopResponse, RawHeaders } from '../../../http/hop.ts';
import type { Ttls } from '../policies/cache-policy.ts';

/** How long a response may be used, in ms: while fresh, and from then on. */
export interface Lifetime {
  /** 0 if it must not be stored. */
  readonly freshMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

const never: Lifetime = { freshMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };

/** Of the responses that are no errors. CloudFront publishes no list; RFC 9110, section 15.1, less 206 and the errors. */
const STORED = new Set([200, 203, 204, 300, 301, 302, 307, 308]);

/** Source of both: HTTPStatusCodes.html#HTTPStatusCodes-cached-errors */
const ALWAYS_STORED_ERRORS = new Set([404, 414, 500, 501, 502, 503, 504]);
const ERRORS_STORED_WITH_MAX_AGE = new Set([400, 403, 405, 412, 415]);
/** `Cache-Control: no-store`, `no-cache` and `private` are obeyed with these only. Source: custom-error-pages-expiration.html,
 * which also names 410: no list of errors that are stored has that. */
const ERRORS_THAT_OBEY_NO_STORE = new Set([404, 414, 501]);

/**
 * Returns how long a response is used. RFC 9111 does not apply: the policy's TTLs bound what the origin says.
 *
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html#ExpirationDownloadDist
 * @param errorMinTtlMs the error caching minimum TTL of the status
 */
export function lifetimeOf(
  { status, headers }: Pick<HopResponse, 'status' | 'headers'>,
  ttls: Ttls,
  errorMinTtlMs: number,
  now: number,
): Lifetime {
  // Caching is disabled. Source: HTTPStatusCodes.html#HTTPStatusCodes-cached-errors
  if (ttls.maxTtlMs === 0) return never;
  const directives = cacheControl(headers);
  if (status >= 400) return { ...never, freshMs: errorTtl(status, headers, directives, ttls, errorMinTtlMs, now) };
  if (!STORED.has(status)) return never;
  const { minTtlMs, defaultTtlMs, maxTtlMs } = ttls;
  const stated = statedTtl(headers, directives, now);
  const freshMs = forbidsStoring(directives)
    ? minTtlMs
    : stated === undefined
      ? Math.max(minTtlMs, defaultTtlMs)
      : Math.min(Math.max(stated, minTtlMs), maxTtlMs);
  const bounded = (name: string): number | undefined => {
    const ms = durationMs(directives, name);
    return ms === undefined ? undefined : Math.min(ms, maxTtlMs);
  };
  return {
    freshMs,
    staleWhileRevalidateMs: bounded('stale-while-revalidate') ?? 0,
    // Source: HTTPStatusCodes.html#HTTPStatusCodes-no-custom-error-pages-in-cache
    staleIfErrorMs: bounded('stale-if-error') ?? maxTtlMs,
  };
}

/** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html */
function errorTtl(
  status: number,
  headers: RawHeaders,
  directives: Directives,
  { maxTtlMs }: Ttls,
  errorMinTtlMs: number,
  now: number,
): number {
  if (ERRORS_THAT_OBEY_NO_STORE.has(status) && forbidsStoring(directives)) return 0;
  const hasMaxAge = directives.has('max-age') || directives.has('s-maxage');
  if (!ALWAYS_STORED_ERRORS.has(status) && !(ERRORS_STORED_WITH_MAX_AGE.has(status) && hasMaxAge)) return 0;
  return Math.max(errorMinTtlMs, Math.min(statedTtl(headers, directives, now) ?? 0, maxTtlMs));
}

type Directives = ReadonlyMap<string, string | undefined>;

function cacheControl(headers: RawHeaders): Directives {
  const directives = new Map<string, string | undefined>();
  for (const value of headerValues(headers, 'cache-control')) {
    for (const [, name, given] of value.matchAll(/([\w-]+)(?:\s*=\s*("[^"]*"|[^\s,]*))?/g))
      if (!directives.has(name!.toLowerCase())) directives.set(name!.toLowerCase(), given?.replaceAll('"', ''));
  }
  return directives;
}

/** `no-cache="Set-Cookie"` concerns that header alone. */
const forbidsStoring = (directives: Directives): boolean =>
  directives.has('no-store') ||
  directives.has('private') ||
  (directives.has('no-cache') && directives.get('no-cache') === undefined);

/** Returns undefined where the origin states no time. `max-age` precedes `Expires`, `s-maxage` both. */
function statedTtl(headers: RawHeaders, directives: Directives, now: number): number | undefined {
  const stated = durationMs(directives, 's-maxage') ?? durationMs(directives, 'max-age');
  if (stated !== undefined) return stated;
  const expires = firstHeader(headers, 'expires');
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/** A duration that is no number counts as 0, so that a fault of the origin stores nothing. */
function durationMs(directives: Directives, name: string): number | undefined {
  if (!directives.has(name)) return undefined;
  const value = directives.get(name) ?? '';
  return /^\d{1,12}$/.test(value) ? Number(value) * 1000 : 0;
}
