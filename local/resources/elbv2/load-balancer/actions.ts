import { answer } from './answers.ts';
import { splitUrl, withoutPort } from './conditions.ts';
import { createStickyCookie, type StickyCookie } from './cookies.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { targetHeaders } from './headers.ts';
import type { ListenerOptions } from './listener.ts';
import { proxy } from './proxy.ts';
import type { TargetGroup } from './target-group.ts';

export interface WeightedGroup {
  readonly group: TargetGroup;
  /** 0 to 999; a group of weight 0 gets nothing. */
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

/** Each part may refer to the request's own by `#{protocol}`, `#{host}`, `#{port}`, `#{path}` or `#{query}`. */
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

/** A forward to groups by weight; clients stay with their group for `stickinessMs`, when that is given. */
export function forwardTo(groups: readonly WeightedGroup[], stickinessMs?: number): Forward {
  const cookie = stickinessMs ? createStickyCookie<WeightedGroup>('AWSALBTG', stickinessMs, Date.now) : undefined;
  return { type: 'forward', groups, cookie };
}

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html */
export function perform(action: Action, exchange: Exchange, options: ListenerOptions): void {
  switch (action.type) {
    case 'forward':
      forward(action, exchange, options);
      break;
    case 'fixed-response':
      answer(exchange, action.status, { body: action.body, contentType: action.contentType });
      break;
    case 'redirect':
      answer(exchange, action.status, { headers: ['Location', redirectUrl(action, exchange)] });
      break;
  }
}

function forward(action: Forward, exchange: Exchange, options: ListenerOptions): void {
  const { request } = exchange;
  const bound = action.cookie?.read(request.headers.cookie);
  const chosen = bound && bound.weight > 0 ? bound : byWeight(action.groups, Math.random());
  const choice = chosen?.group.choose(request.headers.cookie);
  if (!chosen || !choice) {
    // No target is registered; a group without targets is not passed over for another one.
    options.count('status-503');
    answer(exchange, 503);
    return;
  }
  const { idleTimeoutMs, count } = options;
  const client = { address: exchange.address, port: request.socket.remotePort, method: request.method ?? 'GET' };
  proxy(exchange, choice.target, {
    headers: targetHeaders(exchange.headers, client, options),
    setCookies: action.cookie ? [...action.cookie.write(chosen), ...choice.setCookies] : choice.setCookies,
    timeoutMs: Math.min(idleTimeoutMs, exchange.timeoutMs ?? idleTimeoutMs),
    onEnd: count,
  });
}

/** `random` in [0, 1). */
export function byWeight(groups: readonly WeightedGroup[], random: number): WeightedGroup | undefined {
  if (groups.length === 1) return groups[0];
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  return groups.find(({ weight }) => (left -= weight) < 0);
}

export function redirectUrl(to: Redirect, { request }: Pick<Exchange, 'request'>): string {
  const host = request.headers.host ?? '';
  const { path, query } = splitUrl(request.url ?? '/');
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
