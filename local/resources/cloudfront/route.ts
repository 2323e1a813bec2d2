import { discard, HopTimeout, type Hop, type HopRequest, type HopResponse } from '../../http/hop.ts';
import { startingPage } from '../../http/problem-page.ts';
import type { Behavior } from './behaviors.ts';
import { without } from './cache/stored.ts';
import { originHeaders } from './origin-headers.ts';
import { originRequest } from './origin-request.ts';
import { originErrorPage } from './pages.ts';
import { applyPolicy } from './policies/response-headers-policy.ts';

export interface Origin {
  readonly hop: Hop;
  /** Its own host name, which it gets where no policy includes `Host`. */
  readonly domainName: string;
  /** How long it may be silent, in ms. */
  readonly timeoutMs: number;
  /** Whether it takes GET and HEAD only. @default - it takes all methods */
  readonly readOnly?: true;
}

/** An origin, or an origin group: a primary and a secondary origin. */
export interface Target {
  readonly primary: Origin;
  /** @default - there is no failover */
  readonly failover?: { readonly secondary: Origin; readonly statuses: ReadonlySet<number> };
}

/** How the requests of a behaviour reach the origin. */
export interface Route {
  /** Rejects only if the viewer has left. @param id of the request, for `X-Amz-Cf-Id` */
  readonly forward: (request: HopRequest, id: string) => Promise<HopResponse>;
  /** Whether simultaneous requests are one request to the origin. */
  readonly collapses: boolean;
}

/** @param via what CloudFront adds to `Via` */
export function createRoute(
  { primary, failover }: Target,
  behavior: Behavior,
  via: string,
  isUp: () => boolean,
): Route {
  const { cachePolicy, originRequestPolicy, responseHeadersPolicy } = behavior;
  const adds = (name: string): boolean =>
    originRequestPolicy.cloudFrontHeaders.includes(name) || cachePolicy.headers.includes(name);
  const forwardsNoCookies = cachePolicy.cookies.isEmpty && originRequestPolicy.cookies.isEmpty;

  const attempt = ({ hop, domainName, timeoutMs }: Origin) => {
    const reduce = originRequest(cachePolicy, originRequestPolicy, domainName);
    return async (viewer: HopRequest, id: string): Promise<HopResponse | Unreached> => {
      try {
        const request = reduce(viewer);
        const headers = originHeaders(request.headers, viewer.client, via, id, adds);
        return await hop({ ...request, headers, timeoutMs });
      } catch (error) {
        if (viewer.signal.aborted) throw error;
        return { error };
      }
    };
  };
  const first = attempt(primary);
  const second = failover && attempt(failover.secondary);

  /** Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html */
  async function fetch(viewer: HopRequest, id: string): Promise<HopResponse | Unreached> {
    const response = await first(viewer, id);
    if (!second || !isRepeatable(viewer)) return response;
    if ('error' in response) return second(viewer, id);
    if (!failover.statuses.has(response.status)) return response;
    discard(response);
    return second(viewer, id);
  }

  return {
    // Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-traffic-spikes
    collapses: cachePolicy.maxTtlMs > 0 && forwardsNoCookies,
    async forward(viewer, id) {
      const fetched = await fetch(viewer, id);
      // The listener or the origin is not there yet, or no longer.
      if ('error' in fetched && !isUp()) return startingPage();
      const response = 'error' in fetched ? originErrorPage(fetched.error instanceof HopTimeout ? 504 : 502) : fetched;
      // Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Cookies.html
      const headers = forwardsNoCookies ? without(response.headers, 'set-cookie') : response.headers;
      return { ...response, headers: responseHeadersPolicy ? applyPolicy(headers, responseHeadersPolicy) : headers };
    },
  };
}

/** The origin cannot be reached, or its response did not begin in time. */
interface Unreached {
  readonly error: unknown;
}

/** OPTIONS only where its responses are stored, which is refused here. Source: high_availability_origin_failover.html */
const isRepeatable = ({ method }: HopRequest): boolean => method === 'GET' || method === 'HEAD';
