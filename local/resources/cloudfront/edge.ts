import { firstHeader } from '../../http/headers.ts';
import { HopTimeout, type Hop, type HopRequest, type Page } from '../../http/hop.ts';
import { foreignHost, isLoopbackHost } from '../../http/loopback.ts';
import { problemPage, startingPage } from '../../http/problem-page.ts';
import { randomHex } from '../../http/random.ts';
import { refusePlainHttp, type Behavior } from './behaviors.ts';
import { withErrorCache } from './error-cache.ts';
import { originHeaders } from './origin-headers.ts';
import { errorPage } from './pages.ts';

export interface EdgeOptions {
  /** The distribution's own host name, which `Via` states. */
  readonly domainName: string;
  /** The URL that people open, for messages. */
  readonly url: string;
  /** Returns the behaviour of a URL. */
  readonly behaviorOf: (url: string) => Behavior;
  /** How long the origin may be silent, in ms. */
  readonly originTimeoutMs: number;
  /** Returns how long errors of a status are stored at least, in ms. */
  readonly errorTtlMs: (status: number) => number;
  /** Returns false while the system starts or stops. */
  readonly isUp: () => boolean;
}

/** Longest URL, in bytes.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomMaxRequestStringLength */
const MAX_URL = 8192;

/**
 * Returns the CDN as a hop in front of its origin. Unlike CloudFront it does not repeat a GET that got no response in time.
 */
export function createEdge(origin: Hop, options: EdgeOptions): Hop {
  const { domainName, originTimeoutMs, errorTtlMs, isUp } = options;
  const via = `1.1 ${domainName} (CloudFront)`;
  const forward: Hop = async (viewer) => {
    const id = randomHex(28);
    try {
      const headers = originHeaders(viewer.headers, viewer.client, via, id);
      const response = await origin({ ...viewer, headers, timeoutMs: originTimeoutMs });
      const outcome = response.status < 400 ? 'Miss' : 'Error';
      return {
        ...response,
        headers: [...response.headers, 'X-Cache', `${outcome} from cloudfront`, 'Via', via, 'X-Amz-Cf-Id', id],
      };
    } catch (error) {
      if (viewer.signal.aborted) throw error;
      // The listener or the origin is not there yet, or no longer.
      if (!isUp()) return startingPage();
      return errorPage(error instanceof HopTimeout ? 504 : 502, domainName);
    }
  };
  // An error of the start must not outlast it.
  const cached = withErrorCache(forward, { minTtlMs: (status) => (isUp() ? errorTtlMs(status) : 0) });
  return async (viewer) => refuse(viewer, options) ?? cached(viewer);
}

function refuse(request: HopRequest, { domainName, url, behaviorOf }: EdgeOptions): Page | undefined {
  const { method, body, headers } = request;
  if (request.url.length > MAX_URL) return errorPage(413, domainName);
  const host = firstHeader(headers, 'host');
  if (!isLoopbackHost(host)) return problemPage(403, foreignHost(host, url));
  const behavior = behaviorOf(request.url);
  const insecure = refusePlainHttp(request, behavior, domainName);
  if (insecure) return insecure;
  return !behavior.allowedMethods.includes(method) || (method === 'GET' && body)
    ? errorPage(403, domainName)
    : undefined;
}
