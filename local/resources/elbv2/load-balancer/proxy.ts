import { request as httpRequest, type IncomingMessage } from 'node:http';
import { endToEnd } from '../../../http/headers.ts';
import { HopTimeout, type HopRequest, type HopResponse } from '../../../http/hop.ts';
import { errorPage } from './pages.ts';
import { TargetTimeoutError, type Target } from './target.ts';

/** How a request that was passed to a target ended; for counting. */
export type Outcome = 'completed' | 'bad-gateway' | 'gateway-timeout' | 'request-timeout' | 'client-closed';

export interface ProxyOptions {
  readonly headers: readonly string[];
  readonly setCookies: readonly string[];
  /** How long both sides may be silent, in ms; then the status is 504, or 408 when the request has not wholly arrived. */
  readonly idleTimeoutMs: number;
  readonly onEnd: (outcome: Outcome) => void;
}

const STATUS = { 'bad-gateway': 502, 'gateway-timeout': 504, 'request-timeout': 408 };

/**
 * Streams a request to one target and returns its response. There is no second attempt at another target: an Application
 * Load Balancer makes none either, so a service has to drain before it stops.
 * Source of the statuses: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 */
export function proxy(request: HopRequest, target: Target, options: ProxyOptions): Promise<HopResponse> {
  const { body, signal } = request;
  const { idleTimeoutMs } = options;
  const timeoutMs = Math.min(idleTimeoutMs, request.timeoutMs ?? idleTimeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<HopResponse>();
  let reply: IncomingMessage | undefined;
  let failure: keyof typeof STATUS | undefined;
  let ended = false;

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
  signal.addEventListener('abort', () => outgoing.destroy());

  outgoing.on('response', (incoming) => {
    reply = incoming;
    incoming.on('error', () => (failure ??= 'bad-gateway'));
    // Also when the response ends before the request: the target does not read the rest.
    incoming.on('close', () => {
      end(incoming.readableEnded ? 'completed' : signal.aborted ? 'client-closed' : (failure ?? 'client-closed'));
    });
    const headers = endToEnd(incoming.rawHeaders);
    for (const cookie of options.setCookies) headers.push('Set-Cookie', cookie);
    resolve({ status: incoming.statusCode ?? 502, statusText: incoming.statusMessage, headers, body: incoming });
  });
  outgoing.on('timeout', () => {
    const what = `no data for ${timeoutMs} ms`;
    // The hop in front gives up first, unless it is the client's body that both wait for.
    const callerGivesUp = timeoutMs < idleTimeoutMs && (!body || request.bodyArrived());
    outgoing.destroy(callerGivesUp ? new HopTimeout(what) : new TargetTimeoutError(what));
  });
  outgoing.on('error', (error) => {
    failure ??= failureOf(error, request);
    if (reply || ended) return;
    if (signal.aborted || error instanceof HopTimeout) {
      end('client-closed');
      reject(error);
    } else {
      end(failure);
      resolve(errorPage(STATUS[failure]));
    }
  });

  if (body) body.pipe(outgoing);
  else outgoing.end();
  return promise;

  function end(outcome: Outcome): void {
    ended = true;
    // Unpiping pauses the body. What is left of it is read and discarded, or the client's connection could not be reused.
    body?.unpipe(outgoing).resume();
    // Half an exchange leaves a connection that no other request can use.
    if (!reply?.complete || !outgoing.writableEnded) outgoing.destroy();
    target.end(outgoing);
    options.onEnd(outcome);
  }
}

function failureOf(error: Error, { body, bodyArrived }: HopRequest): keyof typeof STATUS {
  if (!(error instanceof TargetTimeoutError)) return 'bad-gateway';
  return body === undefined || bodyArrived() ? 'gateway-timeout' : 'request-timeout';
}
