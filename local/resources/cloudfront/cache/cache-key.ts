import { headerValues } from '../../../http/headers.ts';
import type { HopRequest, RawHeaders } from '../../../http/hop.ts';
import type { CachePolicy } from '../policies/cache-policy.ts';
import { selectCookies, selectQuery } from '../policies/selection.ts';

type Keyed = Pick<HopRequest, 'method' | 'url' | 'headers'>;
type KeyPolicy = Pick<CachePolicy, 'query' | 'headers' | 'cookies' | 'gzip' | 'brotli'>;

/**
 * Returns the cache key of a request: method, path, and what the cache policy lists, nothing else. Parts are separated by
 * line breaks, which neither a URL nor a header can contain.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html
 */
export function cacheKey({ method, url, headers }: Keyed, policy: KeyPolicy): string {
  let key = `${method} ${url.split('?', 1)[0]}`;
  const query = selectQuery(url, policy.query);
  if (query !== '') key += `?${query}`;
  const encodings = acceptedEncodings(headers, policy);
  if (encodings !== '') key += `\naccept-encoding:${encodings}`;
  for (const name of policy.headers.listed) key += `\n${name}:${headerValues(headers, name).join(', ')}`;
  if (!policy.cookies.isEmpty)
    for (const pair of selectCookies(headerValues(headers, 'cookie'), policy.cookies)) key += `\ncookie:${pair}`;
  return key;
}

export type Encodings = '' | 'br' | 'gzip' | 'br,gzip';

/**
 * Returns the normalized `Accept-Encoding`: those of Brotli and gzip that the policy enables and the viewer accepts.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html#cache-policy-compressed-objects
 */
export function acceptedEncodings(
  headers: RawHeaders,
  { gzip, brotli }: Pick<CachePolicy, 'gzip' | 'brotli'>,
): Encodings {
  if (!gzip && !brotli) return '';
  const accepted = new Set<string>();
  for (const item of headerValues(headers, 'accept-encoding').join(',').toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    if (!parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) accepted.add(name);
  }
  const br = brotli && accepted.has('br');
  const gz = gzip && accepted.has('gzip');
  if (br) return gz ? 'br,gzip' : 'br';
  return gz ? 'gzip' : '';
}
