import { HopTimeout, type Hop, type HopRequest, type HopResponse } from '../../http/hop.ts';
import { startingPage } from '../../http/problem-page.ts';
import type { Behavior } from './behaviors.ts';
import { without } from './cache/stored.ts';
import { originHeaders } from './origin-headers.ts';
import { originRequest } from './origin-request.ts';
import { originErrorPage } from './pages.ts';
import { applyPolicy } from './policies/response-headers-policy.ts';

interface RouteOptions {
  readonly originDomainName: string;
  /** How long the origin may be silent, in ms. */
  readonly originTimeoutMs: number;
  readonly isUp: () => boolean;
}

/** How the requests of a behaviour reach the origin. */
export interface Route {
  /** Rejects only if the viewer has left. @param id of the request, for `X-Amz-Cf-Id` */
  readonly forward: (request: HopRequest, id: string) => Promise<HopResponse>;
  /** Whether simultaneous requests are one request to the origin. */
  readonly collapses: boolean;
}

/** @param via what CloudFront adds to `Via` */
export function createRoute(origin: Hop, behavior: Behavior, via: string, options: RouteOptions): Route {
  const { cachePolicy, originRequestPolicy, responseHeadersPolicy } = behavior;
  const { originDomainName, originTimeoutMs, isUp } = options;
  const reduce = originRequest(cachePolicy, originRequestPolicy, originDomainName);
  const adds = (name: string): boolean =>
    originRequestPolicy.cloudFrontHeaders.includes(name) || cachePolicy.headers.includes(name);
  const forwardsNoCookies = cachePolicy.cookies.isEmpty && originRequestPolicy.cookies.isEmpty;

  function toViewer(response: HopResponse): HopResponse {
    // Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Cookies.html
    const headers = forwardsNoCookies ? without(response.headers, 'set-cookie') : response.headers;
    return { ...response, headers: responseHeadersPolicy ? applyPolicy(headers, responseHeadersPolicy) : headers };
  }

  return {
    // Source: RequestAndResponseBehaviorCustomOrigin.html#request-custom-traffic-spikes
    collapses: cachePolicy.maxTtlMs > 0 && forwardsNoCookies,
    async forward(viewer, id) {
      try {
        const request = reduce(viewer);
        const headers = originHeaders(request.headers, viewer.client, via, id, adds);
        return toViewer(await origin({ ...request, headers, timeoutMs: originTimeoutMs }));
      } catch (error) {
        if (viewer.signal.aborted) throw error;
        // The listener or the origin is not there yet, or no longer.
        if (!isUp()) return startingPage();
        return toViewer(originErrorPage(error instanceof HopTimeout ? 504 : 502));
      }
    },
  };
}
