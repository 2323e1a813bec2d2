import { request as httpRequest, type IncomingMessage } from 'node:http';
import { answer } from './answers.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { clientHeaders } from './headers.ts';
import { TargetTimeoutError, type Target } from './target.ts';

/** What became of a request that was handed to a target; for counting. */
export type Outcome = 'answered' | 'bad-gateway' | 'gateway-timeout' | 'request-timeout' | 'client-closed';

export interface ProxyOptions {
  readonly headers: readonly string[];
  readonly setCookies: readonly string[];
  /** How long neither side may be silent, in ms; then the answer is 504, or 408 when the request has not wholly come. */
  readonly timeoutMs: number;
  readonly onEnd: (outcome: Outcome) => void;
}

/**
 * Streams a request to one target and its answer back. There is no second try at another target: an Application Load
 * Balancer makes none either, so a service has to drain before it stops.
 * Source of the statuses: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 */
export function proxy(exchange: Exchange, target: Target, options: ProxyOptions): void {
  const { request, response, addToAnswer } = exchange;
  const { timeoutMs } = options;
  let outcome: Outcome = 'answered';
  let reply: IncomingMessage | undefined;

  const outgoing = httpRequest({
    host: target.host,
    port: target.port,
    agent: target.agent,
    method: request.method,
    path: request.url,
    headers: options.headers,
    timeout: timeoutMs,
  });
  target.begin(outgoing);

  outgoing.on('response', (incoming) => {
    reply = incoming;
    const headers = clientHeaders(incoming.rawHeaders, options.setCookies, addToAnswer);
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers);
    incoming.pipe(response);
    // The answer broke off: so does the client's connection, or it would take the part for the whole.
    incoming.on('error', () => response.destroy());
    // An answer before the end of the request: nobody takes the rest.
    incoming.on('end', () => {
      if (request.readableEnded) return;
      request.unpipe(outgoing);
      request.resume();
    });
  });
  outgoing.on('timeout', () => outgoing.destroy(new TargetTimeoutError('target timeout')));
  outgoing.on('error', (error) => {
    if (reply?.complete || response.destroyed) return;
    outcome = outcomeOf(error, request);
    if (response.headersSent) response.destroy();
    else answer(exchange, STATUS[outcome]);
  });

  response.once('close', () => {
    if (!response.writableFinished && outcome === 'answered') outcome = 'client-closed';
    // Half an exchange leaves a connection that no other request can use.
    if (!reply?.complete || !outgoing.writableEnded) outgoing.destroy();
    target.end(outgoing);
    options.onEnd(outcome);
  });

  if (hasBody(request)) request.pipe(outgoing);
  else outgoing.end();
}

const STATUS = { 'bad-gateway': 502, 'gateway-timeout': 504, 'request-timeout': 408 };

function outcomeOf(error: Error, request: IncomingMessage): keyof typeof STATUS {
  if (!(error instanceof TargetTimeoutError)) return 'bad-gateway';
  return request.complete ? 'gateway-timeout' : 'request-timeout';
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
