import { headerValues } from '../../http/headers.ts';
import type { HopRequest, RawHeaders } from '../../http/hop.ts';
import { acceptedEncodings } from './cache/cache-key.ts';
import type { CachePolicy } from './policies/cache-policy.ts';
import type { OriginRequestPolicy } from './policies/origin-request-policy.ts';
import { either, everything, selectCookies, selectQuery } from './policies/selection.ts';

/**
 * Headers that reach the origin whatever the policies say.
 * Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior
 */
const ALWAYS = new Set(
  `cache-control content-encoding content-length content-md5 content-type date expect from if-match if-modified-since
  if-none-match if-range if-unmodified-since max-forwards pragma range transfer-encoding via warning
  x-forwarded-for`.split(/\s+/),
);

/**
 * Returns a function that reduces a viewer's request to what the origin receives: the parts of the cache key and those of
 * the origin request policy.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-how-origin-request-policies-and-cache-policies-work-together.html
 *
 * @param host the origin's own name, which it gets where no policy includes `Host`
 */
export function originRequest(
  cachePolicy: CachePolicy,
  policy: OriginRequestPolicy,
  host: string,
): (request: HopRequest) => HopRequest {
  const query = either(cachePolicy.query, policy.query);
  const cookies = either(cachePolicy.cookies, policy.cookies);
  const headers = either(cachePolicy.headers, policy.headers);
  const normalizes = cachePolicy.gzip || cachePolicy.brotli;
  if (query === everything && cookies === everything && headers === everything && !normalizes)
    return (request) => request;

  const isForwarded = (name: string): boolean =>
    ALWAYS.has(name) || (name === 'accept-encoding' ? !normalizes && headers.includes(name) : headers.includes(name));

  function headersOf(viewer: RawHeaders): string[] {
    const result: string[] = [];
    for (let at = 0; at < viewer.length; at += 2) {
      const name = viewer[at]!.toLowerCase();
      if (name !== 'cookie' && isForwarded(name)) result.push(viewer[at]!, viewer[at + 1]!);
    }
    const sent = selectCookies(headerValues(viewer, 'cookie'), cookies);
    if (sent.length > 0) result.push('Cookie', sent.join('; '));
    const encodings = acceptedEncodings(viewer, cachePolicy);
    if (encodings !== '') result.push('Accept-Encoding', encodings);
    if (!headers.includes('host')) result.push('Host', host);
    if (!headers.includes('user-agent')) result.push('User-Agent', 'Amazon CloudFront');
    return result;
  }

  return (request) => {
    const sent = selectQuery(request.url, query);
    const [path] = request.url.split('?', 1);
    return { ...request, url: sent === '' ? path! : `${path}?${sent}`, headers: headersOf(request.headers) };
  };
}
