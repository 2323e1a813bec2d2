import type { HopRequest, Page } from '../../http/hop.ts';
import { firstHeader } from '../../http/headers.ts';
import { compileWildcard } from '../../http/wildcard.ts';
import type { CachePolicy } from './policies/cache-policy.ts';
import type { OriginRequestPolicy } from './policies/origin-request-policy.ts';
import type { ResponseHeadersPolicy } from './policies/response-headers-policy.ts';
import { errorPage, redirectPage } from './pages.ts';

export interface Behavior {
  /** @default - all paths */
  readonly pathPattern?: string;
  /** Id of the origin or origin group that the requests go to. */
  readonly targetOriginId: string;
  readonly allowedMethods: readonly string[];
  readonly viewerProtocolPolicy: 'allow-all' | 'https-only' | 'redirect-to-https';
  readonly cachePolicy: CachePolicy;
  readonly originRequestPolicy: OriginRequestPolicy;
  /** @default - the origin's headers */
  readonly responseHeadersPolicy?: ResponseHeadersPolicy;
  /** Whether stored responses are compressed. */
  readonly compress: boolean;
}

/**
 * Returns a lookup of the behaviour of a URL: the first one whose pattern matches, else the last one, the default.
 * Patterns are case-sensitive, see no query string, and match the normalized path.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 */
export function chooseBehavior(behaviors: readonly Behavior[], otherwise: Behavior): (url: string) => Behavior {
  const compiled = behaviors.map((behavior) => {
    const { pathPattern = '*' } = behavior;
    return {
      behavior,
      matches: compileWildcard(pathPattern.startsWith('*') ? pathPattern : `/${pathPattern.replace(/^\//, '')}`),
    };
  });
  if (compiled.length === 0) return () => otherwise;
  return (url) => {
    const path = URL.parse(`http://edge${url}`)?.pathname ?? url;
    return compiled.find(({ matches }) => matches(path))?.behavior ?? otherwise;
  };
}

/**
 * Applies the viewer protocol policy to a request that arrived without TLS; undefined where it may pass.
 *
 * The edge of a laptop has no certificate that browsers trust, so all its requests arrive without TLS, and a request from
 * this machine counts as encrypted: the policy keeps others on the network from reading along, and nothing reads along
 * on the loopback interface. Browsers treat it as secure for the same reason.
 * Source: w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
 */
export function refusePlainHttp(
  { client, method, url, headers }: HopRequest,
  { viewerProtocolPolicy }: Behavior,
  domainName: string,
): Page | undefined {
  if (viewerProtocolPolicy === 'allow-all' || isLoopbackAddress(client.address)) return undefined;
  if (viewerProtocolPolicy === 'https-only') return errorPage(403, domainName);
  const host = (firstHeader(headers, 'host') ?? '').replace(/:\d+$/, '');
  // 307 keeps the method and the body. Source: using-https-viewers-to-cloudfront.html
  return redirectPage(method === 'GET' || method === 'HEAD' ? 301 : 307, `https://${host}${url}`, domainName);
}

const isLoopbackAddress = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);
