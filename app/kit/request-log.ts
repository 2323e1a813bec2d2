import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';

/** Refused before any work was done, maybe thousands of times a second. */
const refusedEarly = new Set([429, 503]);

/**
 * Logs a request once, when its response has been sent, by the pattern of its path: paths and queries may hold secrets. A read
 * that does not fail is logged at `debug`: most requests are such, and a line costs as much as the response of a cached one
 * (docs/decisions/0061-reads-are-not-logged.md).
 */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(err: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const { method, routeOptions, log } = request;
    const { statusCode: status, elapsedTime } = reply;
    const isRead = method === 'GET' || method === 'HEAD';
    const level = !err && (refusedEarly.has(status) || (isRead && status < 500)) ? 'debug' : 'info';
    const route = routeOptions.url ?? 'unmatched';
    log[level](
      { ...(err && { err }), method, route, status, durationMs: Math.round(elapsedTime) },
      'request completed',
    );
  }
}
