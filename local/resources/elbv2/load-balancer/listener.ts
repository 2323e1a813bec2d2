import { perform, type Action } from './actions.ts';
import { answer } from './answers.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { HeaderOptions } from './headers.ts';
import type { Outcome } from './proxy.ts';
import type { Router } from './router.ts';
import { closeServer, createHttpServer, listenOnLoopback } from '../../../http/server.ts';

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers */
const MAX_REQUEST_LINE = 16_384;
const MAX_HEADER_LINE = 16_384;
/** Source: load-balancer-troubleshooting.html#http-463-issues */
const MAX_FORWARDED_FOR = 30;

export interface ListenerOptions extends HeaderOptions {
  readonly router: Router<Action>;
  readonly idleTimeoutMs: number;
  readonly count: (event: Outcome | `status-${number}`) => void;
}

export interface Listener {
  /** Takes an exchange that arrived elsewhere, as from the CDN. */
  handle(exchange: Exchange): void;
  /** Resolves with the port; rejects when it is in use. Port 0 takes any. */
  listen(port: number): Promise<number>;
  /** Lets exchanges under way end, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  function handle(exchange: Exchange): void {
    const refusal = refuse(exchange);
    if (refusal) {
      options.count(`status-${refusal}`);
      answer(exchange, refusal);
      return;
    }
    const { request, address } = exchange;
    const action = options.router.route({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      address,
    });
    perform(action, exchange, options);
  }

  const server = createHttpServer(options.idleTimeoutMs, (exchange) => handle(exchange));
  return {
    handle,
    listen: (port) => listenOnLoopback(server, port),
    close: (graceMs) => closeServer(server, graceMs),
  };
}

/** The status of a request that no rule gets to see. */
function refuse({ request, headers }: Exchange): number | undefined {
  if (request.method === 'TRACE') return 405;
  if ((request.url?.length ?? 0) > MAX_REQUEST_LINE) return 414;
  if (!request.url?.startsWith('/') && request.url !== '*') return 400;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.length + headers[at + 1]!.length > MAX_HEADER_LINE) return 400;
  }
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded && String(forwarded).split(',').length > MAX_FORWARDED_FOR) return 463;
  return undefined;
}
