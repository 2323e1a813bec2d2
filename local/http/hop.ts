import type { Readable } from 'node:stream';

/** Header names and values in turn, as they arrived: order, case and repetition are kept. */
export type RawHeaders = readonly string[];

export interface HopRequest {
  readonly method: string;
  /** Path and query as they arrived, not decoded. */
  readonly url: string;
  /** All headers as they arrived, those of the connection included. */
  readonly headers: RawHeaders;
  /**
   * Undefined when the request has no body. A hop may leave it unread or stop in the middle, but must not destroy it: the
   * server discards the rest once the response has been sent.
   */
  readonly body: Readable | undefined;
  /** Whether the last byte of the body has arrived, read or not. */
  readonly bodyArrived: () => boolean;
  /** The other end of the connection. */
  readonly client: { readonly address: string; readonly port: number | undefined };
  /** Aborted when the client has closed its connection before it received the whole response. */
  readonly signal: AbortSignal;
  /** How long the hop in front waits for data, in ms. Then this hop rejects with `HopTimeout`, or the body fails. */
  readonly timeoutMs?: number;
}

/** The response did not begin within the request's `timeoutMs`. */
export class HopTimeout extends Error {}

export interface HopResponse {
  readonly status: number;
  /** The reason phrase, where it is not the standard one. */
  readonly statusText?: string;
  /** End-to-end headers only: the server adds those of the connection and the framing. */
  readonly headers: RawHeaders;
  /**
   * A stream that fails breaks the client's connection, so that the client does not take a part for the whole. The server
   * destroys it when the client is gone, and pauses it while the client is slow.
   */
  readonly body: Readable | Uint8Array | string;
  /** Whether the server closes the connection after this response. */
  readonly close?: boolean;
}

/** A response that a hop makes itself. */
export interface Page extends HopResponse {
  readonly body: string;
}

/**
 * One stage between client and service, such as a CDN, a cache or a load balancer: a function from request to response,
 * so that stages are composed as functions and tested without a server. Rejects once `request.signal` is aborted.
 */
export type Hop = (request: HopRequest) => Promise<HopResponse>;

/** Whether a body arrives over time, rather than being here already. */
export const isStream = (body: HopResponse['body']): body is Readable =>
  typeof body !== 'string' && !(body instanceof Uint8Array);

/** Frees the connection of a response that nobody reads. */
export function discard({ body }: HopResponse): void {
  if (!isStream(body)) return;
  body.on('error', () => undefined);
  body.destroy();
}
