import { firstHeader } from '../../../http/headers.ts';
import type { HopResponse, RawHeaders } from '../../../http/hop.ts';
import type { Lifetime } from './lifetime.ts';

/** A response in the cache. Times are in ms since 1970. */
export interface Stored {
  readonly status: number;
  readonly statusText: string | undefined;
  /** Without `Age`. */
  readonly headers: RawHeaders;
  readonly bytes: Uint8Array;
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly staleWhileRevalidateUntil: number;
  readonly staleIfErrorUntil: number;
}

export function toStored(
  { status, statusText, headers }: Pick<HopResponse, 'status' | 'statusText' | 'headers'>,
  bytes: Uint8Array,
  { freshMs, staleWhileRevalidateMs, staleIfErrorMs }: Lifetime,
  now: number,
): Stored {
  const freshUntil = now + freshMs;
  const own = without(headers, 'age');
  // A response in chunks has none.
  if (bytes.byteLength > 0 && firstHeader(own, 'content-length') === undefined)
    own.push('Content-Length', String(bytes.byteLength));
  return {
    status,
    statusText,
    headers: own,
    bytes,
    storedAt: now,
    freshUntil,
    staleWhileRevalidateUntil: freshUntil + staleWhileRevalidateMs,
    staleIfErrorUntil: status >= 400 ? 0 : freshUntil + staleIfErrorMs,
  };
}

/** Headers that a 304 brings up to date. Source: rfc-editor.org/rfc/rfc9110#section-15.4.5 */
const REFRESHED = new Set(['cache-control', 'date', 'etag', 'expires', 'last-modified']);

/** Returns the headers of a stored response after the origin has confirmed it with a 304. */
export function refreshedHeaders(stored: RawHeaders, confirmed: RawHeaders): RawHeaders {
  const sent: string[] = [];
  for (let at = 0; at < confirmed.length; at += 2) {
    if (REFRESHED.has(confirmed[at]!.toLowerCase())) sent.push(confirmed[at]!, confirmed[at + 1]!);
  }
  const names = sent.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return [...without(stored, ...names), ...sent];
}

/** Memory that a stored response takes beside its text, in bytes: an estimate. */
const OVERHEAD = 512;

/** Returns the memory that a stored response takes, in bytes. */
export function sizeOf({ bytes, headers }: Stored, key: string): number {
  let size = OVERHEAD + bytes.byteLength + key.length;
  for (const text of headers) size += text.length;
  return size;
}

/** Returns headers without some. `names` are in lower case. */
export function without(headers: RawHeaders, ...names: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    if (!names.includes(headers[at]!.toLowerCase())) result.push(headers[at]!, headers[at + 1]!);
  }
  return result;
}
