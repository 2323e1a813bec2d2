import { firstHeader, headerValues } from '../../../http/headers.ts';
import type { HopRequest, HopResponse } from '../../../http/hop.ts';
import { startingPage } from '../../../http/problem-page.ts';
import { splitUrl, withoutPort } from './conditions.ts';
import { createStickyCookie, type StickyCookie } from './cookies.ts';
import { targetHeaders, type HeaderOptions } from './headers.ts';
import { errorPage, page } from './pages.ts';
import { proxy, type Outcome } from './proxy.ts';
import type { TargetGroup } from './target-group.ts';

export interface WeightedGroup {
  readonly group: TargetGroup;
  /** 0 to 999; a group of weight 0 gets no requests. */
  readonly weight: number;
}

export interface Forward {
  readonly type: 'forward';
  readonly groups: readonly WeightedGroup[];
  readonly cookie?: StickyCookie<WeightedGroup>;
}

export interface FixedResponse {
  readonly type: 'fixed-response';
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/** Each part may refer to that of the request by `#{protocol}`, `#{host}`, `#{port}`, `#{path}` or `#{query}`. */
export interface Redirect {
  readonly type: 'redirect';
  readonly status: 301 | 302;
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
}

export type Action = Forward | FixedResponse | Redirect;

/** Returns a forward to groups by weight; with `stickinessMs` clients stay with their group for that long. */
export function forwardTo(groups: readonly WeightedGroup[], stickinessMs?: number): Forward {
  const cookie = stickinessMs ? createStickyCookie<WeightedGroup>('AWSALBTG', stickinessMs, Date.now) : undefined;
  return { type: 'forward', groups, cookie };
}

export interface ActionOptions extends HeaderOptions {
  readonly idleTimeoutMs: number;
  /** Returns false while the system starts or stops. */
  readonly isUp: () => boolean;
  /** Called with each event that the load balancer, not a target, decided. */
  readonly count: (event: Outcome | `status-${number}`) => void;
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html */
export async function perform(action: Action, request: HopRequest, options: ActionOptions): Promise<HopResponse> {
  // Before all rules are there, a client would take the 404 of the default action for that of a service.
  if (action.type !== 'forward' && !options.isUp()) {
    options.count('status-503');
    return startingPage();
  }
  switch (action.type) {
    case 'forward':
      return forward(action, request, options);
    case 'fixed-response':
      return page(action.status, action.body, action.contentType ?? 'text/html');
    case 'redirect':
      return errorPage(action.status, ['Location', redirectUrl(action, request)]);
    default:
      return action satisfies never;
  }
}

function forward(action: Forward, request: HopRequest, options: ActionOptions): HopResponse | Promise<HopResponse> {
  const cookies = headerValues(request.headers, 'cookie').join('; ');
  const bound = action.cookie?.read(cookies);
  const chosen = bound && bound.weight > 0 ? bound : byWeight(action.groups, Math.random());
  const choice = chosen?.group.choose(cookies);
  if (!chosen || !choice || (choice.target.health !== 'healthy' && !options.isUp())) {
    // A group without targets is not skipped in favour of another one.
    options.count('status-503');
    return options.isUp() ? errorPage(503, ['Retry-After', '1']) : startingPage();
  }
  return proxy(request, choice.target, {
    headers: targetHeaders(request, options),
    setCookies: action.cookie ? [...action.cookie.write(chosen), ...choice.setCookies] : choice.setCookies,
    idleTimeoutMs: options.idleTimeoutMs,
    onEnd: options.count,
  });
}

/** `random` in [0, 1). */
export function byWeight(groups: readonly WeightedGroup[], random: number): WeightedGroup | undefined {
  if (groups.length === 1) return groups[0];
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  return groups.find(({ weight }) => (left -= weight) < 0);
}

export function redirectUrl(to: Redirect, { headers, url }: Pick<HopRequest, 'headers' | 'url'>): string {
  const host = firstHeader(headers, 'host') ?? '';
  const { path, query } = splitUrl(url);
  const own: Record<string, string> = {
    protocol: 'http',
    host: withoutPort(host),
    port: /:(\d+)$/.exec(host)?.[1] ?? '80',
    path: path.slice(1),
    query,
  };
  const fill = (text: string) => text.replaceAll(/#\{(\w+)\}/g, (whole, name: string) => own[name] ?? whole);
  const protocol = fill(to.protocol).toLowerCase();
  const port = fill(to.port);
  const visiblePort = port === (protocol === 'https' ? '443' : '80') ? '' : `:${port}`;
  const filledQuery = fill(to.query);
  return `${protocol}://${fill(to.host)}${visiblePort}${fill(to.path)}${filledQuery ? `?${filledQuery}` : ''}`;
}
