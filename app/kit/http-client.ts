import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { DependencyError } from './problem.ts';
import { traceHeaders } from './trace-context.ts';

export interface HttpClient {
  /**
   * Returns the response, whatever its status below 500; a status of 500 and above is a failure.
   * @throws DependencyError if there is no usable response in time, or at once while the circuit is open
   */
  request(
    method: string,
    path: string,
    more?: { json?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; json: unknown }>;
}

/**
 * Creates a client for one dependency. After 5 consecutive failures it fails at once for 30 s, then lets one request probe.
 * It never retries: only the caller knows what may be sent twice.
 */
export function createHttpClient(options: { name: string; baseUrl: string; timeoutMs: number }): HttpClient {
  const breaker = circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(5), halfOpenAfter: 30_000 });

  return {
    async request(method, path, { json, headers } = {}) {
      try {
        return await breaker.execute(async () => {
          const response = await fetch(options.baseUrl + path, {
            method,
            redirect: 'error',
            signal: AbortSignal.timeout(options.timeoutMs),
            headers: {
              accept: 'application/json',
              ...(json !== undefined && { 'content-type': 'application/json' }),
              ...traceHeaders(),
              ...headers,
            },
            ...(json !== undefined && { body: JSON.stringify(json) }),
          });
          const text = await response.text();
          if (response.status >= 500)
            throw new Error(`${options.name} responded with ${response.status}: ${text.slice(0, 200)}`);
          return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
        });
      } catch (cause) {
        const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
        throw new DependencyError(options.name, { timedOut, cause });
      }
    },
  };
}
