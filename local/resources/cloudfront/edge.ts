import { hopByHop } from '../../http/headers.ts';
import { HopTimeout, type Hop, type HopRequest, type RawHeaders } from '../../http/hop.ts';
import { randomHex } from '../../http/random.ts';
import { errorPage } from './pages.ts';

export interface EdgeOptions {
  /** The distribution's own host name, which `Via` states. */
  readonly domainName: string;
  readonly allowedMethods: readonly string[];
  /** How long the origin may be silent, in ms. */
  readonly originTimeoutMs: number;
}

/** Longest URL, in bytes.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomMaxRequestStringLength */
const MAX_URL = 8192;

/**
 * Returns the CDN as a hop in front of its origin. It serves plain HTTP whatever the viewer protocol policy is: a browser
 * would be redirected to a certificate that it does not trust, and loopback needs no encryption.
 *
 * Unlike CloudFront it does not repeat a GET that got no response in time.
 */
export function createEdge(origin: Hop, { domainName, allowedMethods, originTimeoutMs }: EdgeOptions): Hop {
  const via = `1.1 ${domainName} (CloudFront)`;
  return async (viewer) => {
    const refused = refusedStatus(viewer, allowedMethods);
    if (refused) return errorPage(refused, domainName);
    const id = randomHex(28);
    try {
      const headers = originHeaders(viewer.headers, viewer.client.address, via, id);
      const response = await origin({ ...viewer, headers, timeoutMs: originTimeoutMs });
      return {
        ...response,
        headers: [...response.headers, 'X-Cache', 'Miss from cloudfront', 'Via', via, 'X-Amz-Cf-Id', id],
      };
    } catch (error) {
      if (viewer.signal.aborted) throw error;
      return errorPage(error instanceof HopTimeout ? 504 : 502, domainName);
    }
  };
}

function refusedStatus({ method, url, body }: HopRequest, allowedMethods: readonly string[]): number | undefined {
  if (!allowedMethods.includes(method)) return 403;
  if (url.length > MAX_URL) return 413;
  return method === 'GET' && body ? 403 : undefined;
}

/** Removed by CloudFront beside the headers of one connection.
 * Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior */
const REMOVED = new Set(['x-amz-cf-id', 'x-forwarded-proto', 'x-http-method-override', 'x-real-ip']);

/**
 * Returns what the origin receives of a viewer's headers, and those of CloudFront's own that are known on a laptop.
 * CloudFront appends the viewer's address to X-Forwarded-For, so the last but one address at the service, before the load
 * balancer's own, is one that no viewer can forge.
 */
export function originHeaders(headers: RawHeaders, address: string, via: string, id: string): string[] {
  const ofConnection = hopByHop(headers);
  const result: string[] = [];
  const forwardedFor: string[] = [];
  const hops: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const lower = headers[at]!.toLowerCase();
    const value = headers[at + 1]!;
    if (lower === 'x-forwarded-for') forwardedFor.push(value);
    else if (lower === 'via') hops.push(value);
    else if (
      !ofConnection(lower) &&
      !REMOVED.has(lower) &&
      !lower.startsWith('x-edge-') &&
      !lower.startsWith('cloudfront-')
    )
      result.push(headers[at]!, value);
  }
  result.push('X-Forwarded-For', [...forwardedFor, address].join(', '));
  result.push('CloudFront-Forwarded-Proto', 'http');
  result.push('Via', [...hops, via].join(', '), 'X-Amz-Cf-Id', id);
  return result;
}
