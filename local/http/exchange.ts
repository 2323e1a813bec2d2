import type { IncomingMessage, ServerResponse } from 'node:http';

/** Header names and values in turn, as they arrived: order, case and repetition are kept. */
export type RawHeaders = readonly string[];

/** A request and its answer, with what the hop in front of the load balancer, such as the CDN, made of them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: RawHeaders;
  /** Address of the connection's other end. */
  readonly address: string;
  /** Added to the answer, whoever gives it. */
  readonly addToAnswer: RawHeaders;
  /** How long the hop in front waits for the answer, in ms. */
  readonly timeoutMs?: number;
}

/** An exchange with a client that is connected directly. */
export const directExchange = (request: IncomingMessage, response: ServerResponse): Exchange => ({
  request,
  response,
  headers: request.rawHeaders,
  address: request.socket.remoteAddress ?? '',
  addToAnswer: [],
});
