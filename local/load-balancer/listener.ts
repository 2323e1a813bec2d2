import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { perform, type Action } from './actions.ts';
import { answer, errorPage } from './answers.ts';
import { directExchange, type Exchange } from './exchange.ts';
import type { HeaderOptions } from './headers.ts';
import type { Outcome } from './proxy.ts';
import type { Router } from './router.ts';

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers */
const MAX_REQUEST_LINE = 16_384;
const MAX_HEADER_LINE = 16_384;
const MAX_HEADERS = 65_536;
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

/**
 * A server as strict as `routing.http.desync_mitigation_mode` = `strictest`: Node's parser refuses a request whose
 * framing is ambiguous, so no such request reaches a target, in any mode.
 */
export function createHttpServer(idleTimeoutMs: number, handle: (exchange: Exchange) => void): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADERS, keepAliveTimeout: idleTimeoutMs, headersTimeout: idleTimeoutMs, requestTimeout: 0 },
    (request, response) => handle(directExchange(request, response)),
  );
  // Silence of a client while its request is coming in; the proxy watches over the rest.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return;
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    const body = errorPage(Number(status.slice(0, 3)));
    const head = `HTTP/1.1 ${status}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: ${body.length}`;
    socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
  });
  return server;
}

export function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 4096, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
  });
}
