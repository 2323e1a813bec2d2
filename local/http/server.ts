import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { headerValues } from './headers.ts';
import { isStream, type Hop, type HopRequest, type HopResponse, type Page } from './hop.ts';

/** Why a request cannot be read: it does not parse, its headers exceed the limit, or it stopped half-way. */
export type Fault = 'malformed' | 'headers-too-large' | 'timeout';

/** Up to this many bytes a body is sent as text: Node writes that in one piece with the headers, which takes 1 us less. */
const smallBody = 4096;

export interface HttpServerOptions {
  readonly hop: Hop;
  /** Returns the response to a request that cannot be read. */
  readonly refuse: (fault: Fault) => Page;
  /** How long a connection may be silent between requests, in ms. */
  readonly idleTimeoutMs: number;
  /** How long the headers of a request may take to arrive, however steadily they do, in ms. @default - `idleTimeoutMs` */
  readonly headersTimeoutMs?: number;
  /** How long a whole request may take to arrive, in ms. @default - no limit */
  readonly requestTimeoutMs?: number;
  /** Limit of the request line and all headers together, in bytes. */
  readonly maxHeaderBytes: number;
}

/**
 * An HTTP/1.1 server in front of a hop. It is as strict as `routing.http.desync_mitigation_mode` = `strictest`: Node's
 * parser refuses a request whose framing is ambiguous, so no such request reaches a target, in any mode.
 */
export function createHttpServer(given: HttpServerOptions): Server {
  const { hop, refuse, idleTimeoutMs, headersTimeoutMs = idleTimeoutMs, requestTimeoutMs = 0, maxHeaderBytes } = given;
  // Node reads the first one only, and a server behind this one might read the other.
  const refuseTwoHosts: Hop = async () => ({ ...refuse('malformed'), close: true });
  const connections = new WeakMap<Socket, Map<ServerResponse, AbortController>>();
  const options = {
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
  };

  const server = createServer(options, (incoming, response) => {
    const gone = new AbortController();
    const underWay = connections.get(incoming.socket);
    underWay?.set(response, gone);
    response.on('close', () => {
      underWay?.delete(response);
      if (!response.writableFinished) gone.abort();
    });
    const chosen = headerValues(incoming.rawHeaders, 'host').length > 1 ? refuseTwoHosts : hop;
    respond(chosen, toRequest(incoming, gone.signal), response).catch(() => response.destroy());
  });

  server.on('connection', (socket) => {
    const underWay = new Map<ServerResponse, AbortController>();
    connections.set(socket, underWay);
    // Node emits no `close` on the response to a pipelined request that waits for its turn.
    socket.once('close', () => {
      for (const gone of underWay.values()) gone.abort();
    });
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const underWay = [...(connections.get(socket as Socket)?.keys() ?? [])];
    // A page in the middle of a response would be taken for a part of it.
    if (!socket.writable || underWay.some(({ headersSent }) => headersSent)) socket.destroy(error);
    else socket.end(serialize(refuse(faultOf(error))));
  });
  return server;
}

/** Source of the codes: nodejs.org/docs/latest-v24.x/api/http.html#event-clienterror */
function faultOf({ code }: NodeJS.ErrnoException): Fault {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed';
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): HopRequest {
  const { method = '', url = '', rawHeaders, socket, headers } = incoming;
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return {
    method,
    url,
    headers: rawHeaders,
    body: hasBody ? incoming : undefined,
    bodyArrived: () => incoming.complete,
    client: { address: socket.remoteAddress ?? '', port: socket.remotePort },
    signal,
  };
}

async function respond(hop: Hop, request: HopRequest, response: ServerResponse): Promise<void> {
  let result: HopResponse;
  try {
    result = await hop(request);
  } catch (error) {
    if (request.signal.aborted) return;
    result = {
      status: 500,
      headers: ['Content-Type', 'text/plain'],
      body: `The local runtime failed: ${String(error)}\n`,
    };
  }
  const { status, statusText, headers, body, close } = result;
  if (request.signal.aborted) {
    if (isStream(body)) body.destroy();
    return;
  }
  if (request.body) response.once('finish', () => request.body?.resume());
  // A 408 means that nobody waits for the rest of the request. Source: rfc-editor.org/rfc/rfc9110#section-15.5.9
  if (close || status === 408) response.shouldKeepAlive = false;
  try {
    response.writeHead(status, statusText, headers as string[]);
  } catch (error) {
    // Node refuses some headers that its parser accepts.
    if (isStream(body)) body.destroy();
    throw error;
  }
  if (isStream(body)) send(body, response);
  else if (typeof body === 'string' || body.length > smallBody) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1'), 'latin1');
}

/** Does what `stream.pipeline` does, which takes as long as the rest of a small response. */
function send(body: Readable, response: ServerResponse): void {
  if (body.destroyed) {
    // Its events have been emitted already.
    response.destroy();
    return;
  }
  body.on('data', (chunk) => {
    if (!response.write(chunk)) body.pause();
  });
  body.on('end', () => response.end());
  body.on('error', () => response.destroy());
  body.on('close', () => {
    if (!body.readableEnded) response.destroy();
  });
  response.on('drain', () => body.resume());
  response.on('close', () => body.destroy());
  body.resume();
}

/** The response as text, for a connection on which Node offers no `ServerResponse`. */
function serialize({ status, headers, body }: Page): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}Connection: close\r\n\r\n${body}`;
}

/** Applies to connections that are opened or become idle from now on. @param ms as `idleTimeoutMs` */
export function setIdleTimeout(server: Server, ms: number): void {
  server.keepAliveTimeout = ms;
  server.headersTimeout = ms;
}

/** Resolves with the port; rejects when it is in use. Port 0 takes any free one. */
export function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 4096, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops listening and waits for requests under way, for at most `graceMs`. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
  });
}
