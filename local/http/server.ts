import type { AddressInfo } from 'node:net';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { errorPage } from '../resources/elbv2/load-balancer/answers.ts';
import { directExchange, type Exchange } from './exchange.ts';

/** All headers together, in bytes.
 * Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers */
const MAX_HEADERS = 65_536;

/**
 * A server as strict as `routing.http.desync_mitigation_mode` = `strictest`: Node's parser refuses a request whose
 * framing is ambiguous, so no such request reaches a target, in any mode.
 */
export function createHttpServer(idleTimeoutMs: number, handle: (exchange: Exchange) => void): Server {
  const options = {
    maxHeaderSize: MAX_HEADERS,
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: idleTimeoutMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, idleTimeoutMs),
  };
  const server = createServer(options, (request, response) => handle(directExchange(request, response)));
  // Silence of a client while its request is coming in; the proxy watches over the rest.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { _httpMessage: begun } = socket as typeof socket & { _httpMessage?: ServerResponse };
    // A page in the middle of an answer would be taken for a part of it.
    if (!socket.writable || begun?.headersSent) {
      socket.destroy(error);
      return;
    }
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
