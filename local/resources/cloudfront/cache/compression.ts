import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { firstHeader } from '../../../http/headers.ts';
import type { HopResponse, RawHeaders } from '../../../http/hop.ts';
import type { Encodings } from './cache-key.ts';
import { without } from './stored.ts';

/** Sizes of what is compressed, in bytes. Source: ServingCompressedFiles.html#compressed-content-cloudfront-notes */
const MIN_SIZE = 1000;
const MAX_SIZE = 10_000_000;

/** Source: ServingCompressedFiles.html#compressed-content-cloudfront-notes */
const STATUSES = new Set([200, 403, 404]);

/** Source: ServingCompressedFiles.html#compressed-content-cloudfront-file-types */
const TYPES = new Set(
  `application/dash+xml application/eot application/font application/font-sfnt application/javascript application/json
  application/opentype application/otf application/pdf application/pkcs7-mime application/protobuf application/rss+xml
  application/truetype application/ttf application/vnd.apple.mpegurl application/vnd.mapbox-vector-tile
  application/vnd.ms-fontobject application/wasm application/xhtml+xml application/xml application/x-font-opentype
  application/x-font-truetype application/x-font-ttf application/x-httpd-cgi application/x-javascript
  application/x-mpegurl application/x-opentype application/x-otf application/x-perl application/x-ttf font/eot
  font/opentype font/otf font/ttf image/svg+xml text/css text/csv text/html text/javascript text/js text/plain
  text/richtext text/tab-separated-values text/xml text/x-component text/x-java-source text/x-script
  vnd.apple.mpegurl`.split(/\s+/),
);

/** Returns whether CloudFront compresses a response. Without a `Content-Length` it does not. */
export function isCompressible({ status, headers }: Pick<HopResponse, 'status' | 'headers'>): boolean {
  const length = Number(firstHeader(headers, 'content-length') ?? Number.NaN);
  const [type = ''] = (firstHeader(headers, 'content-type') ?? '').toLowerCase().split(';', 1);
  return (
    STATUSES.has(status) &&
    length >= MIN_SIZE &&
    length <= MAX_SIZE &&
    TYPES.has(type.trim()) &&
    firstHeader(headers, 'content-encoding') === undefined
  );
}

/** Compresses the bytes of a response, with Brotli where the viewer accepts both. */
export async function compress(
  headers: RawHeaders,
  bytes: Uint8Array,
  encodings: Exclude<Encodings, ''>,
): Promise<{ readonly headers: RawHeaders; readonly bytes: Uint8Array }> {
  const isBrotli = encodings !== 'gzip';
  const smaller = isBrotli
    ? // Level 11, the default, takes seconds for some megabytes.
      await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
    : await promisify(gzip)(bytes);
  const own = without(headers, 'content-length', 'etag');
  const vary = ['Content-Encoding', isBrotli ? 'br' : 'gzip', 'Vary', 'Accept-Encoding'];
  const length = ['Content-Length', `${smaller.byteLength}`];
  return { headers: [...own, ...weakEtag(headers), ...vary, ...length], bytes: smaller };
}

/** Source: ServingCompressedFiles.html#compressed-content-cloudfront-etag-header */
function weakEtag(headers: RawHeaders): string[] {
  const etag = firstHeader(headers, 'etag');
  if (etag === undefined) return [];
  if (etag.startsWith('W/')) return ['ETag', etag];
  return etag.startsWith('"') ? ['ETag', `W/${etag}`] : [];
}
