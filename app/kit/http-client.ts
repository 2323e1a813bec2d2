import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { DependencyError } from './problem.ts';

export interface HttpClient {
  /**
   * Answers of status 500 and above count as failures; every other answer is returned, whatever its status.
   * @throws DependencyError if there is no usable answer in time, or at once while the circuit is open
   */
  request(
    method: string,
    path: string,
    more?: { json?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; json: unknown }>;
}

/**
 * A client for one dependency. After 5 failures in a row it refuses for 30 s, then lets one request probe.
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
              ...headers,
            },
            ...(json !== undefined && { body: JSON.stringify(json) }),
          });
          const text = await response.text();
          if (response.status >= 500)
            throw new Error(`${options.name} answered ${response.status}: ${text.slice(0, 200)}`);
          return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
        });
      } catch (cause) {
        const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
        throw new DependencyError(options.name, { timedOut, cause });
      }
    },
  };
}
