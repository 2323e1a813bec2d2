import { firstHeader } from '../../http/headers.ts';
import { HopTimeout, type Hop, type HopRequest, type Page } from '../../http/hop.ts';
import { foreignHost, isLoopbackHost } from '../../http/loopback.ts';
import { problemPage } from '../../http/problem-page.ts';
import { randomHex } from '../../http/random.ts';
import { refusePlainHttp, type Behavior } from './behaviors.ts';
import { createCache, type Cached } from './cache/cache.ts';
import { errorPage, originErrorPage, URL_TOO_LONG } from './pages.ts';
import { createRoute, type Route, type Target } from './route.ts';

export interface EdgeOptions {
  /** The distribution's own host name, which `Via` states. */
  readonly domainName: string;
  /** The URL that people open, for messages. */
  readonly url: string;
  /** Returns the behaviour of a URL. */
  readonly behaviorOf: (url: string) => Behavior;
  /** Returns how long errors of a status are stored at least, in ms. */
  readonly errorTtlMs: (status: number) => number;
  /** Returns false while the system starts or stops. */
  readonly isUp: () => boolean;
}

/** Longest URL, in bytes.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomMaxRequestStringLength */
const MAX_URL = 8192;

/**
 * Returns the CDN as a hop in front of its origins. Unlike CloudFront it does not ask the same origin again when a GET got no
 * response in time.
 *
 * @param targetOf returns what the target id of a behaviour names
 */
export function createEdge(targetOf: (id: string) => Target, options: EdgeOptions): Hop {
  const { domainName, behaviorOf, errorTtlMs, isUp } = options;
  const via = `1.1 ${domainName} (CloudFront)`;
  // An error of the start must not outlast it.
  const cache = createCache({ errorTtlMs, storesErrors: isUp });
  const routes = new WeakMap<Behavior, Route>();
  const routeOf = (behavior: Behavior): Route => {
    const known = routes.get(behavior) ?? createRoute(targetOf(behavior.targetOriginId), behavior, via, isUp);
    routes.set(behavior, known);
    return known;
  };
  return async (viewer) => {
    const behavior = behaviorOf(viewer.url);
    const refused = refuse(viewer, behavior, options);
    if (refused) return refused;
    const id = randomHex(28);
    const { forward, collapses } = routeOf(behavior);
    const { compress, cachePolicy } = behavior;
    const { response, outcome } = await cache(viewer, { cachePolicy, compress, collapses }, (request) =>
      forward(request, id),
    ).catch((error: unknown): Cached => {
      if (viewer.signal.aborted) throw error;
      // The body of a response that would have been stored has failed.
      return { response: originErrorPage(error instanceof HopTimeout ? 504 : 502), outcome: 'Miss' };
    });
    const named = response.status < 400 ? outcome : 'Error';
    return {
      ...response,
      headers: [...response.headers, 'X-Cache', `${named} from cloudfront`, 'Via', via, 'X-Amz-Cf-Id', id],
    };
  };
}

function refuse(request: HopRequest, behavior: Behavior, { domainName, url }: EdgeOptions): Page | undefined {
  const { method, body, headers } = request;
  if (request.url.length > MAX_URL) return errorPage(URL_TOO_LONG, domainName);
  const host = firstHeader(headers, 'host');
  if (!isLoopbackHost(host)) return problemPage(403, foreignHost(host, url));
  const insecure = refusePlainHttp(request, behavior, domainName);
  if (insecure) return insecure;
  return !behavior.allowedMethods.includes(method) || (method === 'GET' && body)
    ? errorPage(403, domainName)
    : undefined;
}
