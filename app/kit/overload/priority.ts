import type { FastifyRequest } from 'fastify';
import { viewerOf } from '../viewer.ts';

/** From what is refused first to what is refused last. */
export const priorities = ['browsing', 'account', 'payment'] as const;
export type Priority = (typeof priorities)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * How long the route is served under overload; `health` is never refused.
     * @default - `browsing` for a GET that needs nobody signed in, else `account`
     */
    priority?: Priority | 'health';
  }
}

/**
 * Returns the priority of a request. A call of another service is as important as a payment: refusing it wastes what has been done
 * for the request that caused it, and that one had to pass the limit of its own service.
 */
export function priorityOf({
  raw,
  method,
  routeOptions: { url, config, schema },
}: FastifyRequest): Priority | 'health' {
  const { priority } = config;
  if (priority === 'health') return priority;
  if (viewerOf(raw) === undefined) return 'payment';
  if (priority !== undefined) return priority;
  const isPublicRead = (method === 'GET' || method === 'HEAD') && schema?.security === undefined;
  return isPublicRead || url === undefined ? 'browsing' : 'account';
}
