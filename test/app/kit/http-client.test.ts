import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHttpClient, type HttpClient } from '../../../app/kit/http-client.ts';
import { continueTrace, runInTrace } from '../../../app/kit/trace-context.ts';

let server: Server;
let client: HttpClient;
let respond: RequestListener;
let requests = 0;

beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Long for a response on loopback, also on a busy machine.
  client = createHttpClient({ name: 'The provider', baseUrl, timeoutMs: 1_000 });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = () => client.request('GET', '/');
const status = (code: number, body = '') => {
  respond = (_request, response) => response.writeHead(code).end(body);
};

test('JSON is sent and received, with the headers given', async () => {
  respond = (request, response) => {
    request.pipe(
      response.writeHead(201, { 'x-method': request.method, 'content-type': request.headers['content-type'] }),
    );
  };
  const received = await client.request('POST', '/charges', { json: { cents: 5 }, headers: { cookie: 'a=b' } });
  expect(received).toEqual({ status: 201, json: { cents: 5 } });
});

test('requests carry the trace in which they are sent, and nothing outside one', async () => {
  const received: IncomingHttpHeaders[] = [];
  respond = (request, response) => {
    received.push(request.headers);
    response.end();
  };
  const trace = continueTrace({ 'x-request-id': 'r-1' });
  await runInTrace(trace, get);
  await get();
  expect(received).toMatchObject([
    { 'x-request-id': 'r-1', traceparent: `00-${trace.traceId}-${trace.spanId}-01` },
    expect.not.objectContaining({ traceparent: expect.anything() }),
  ]);
});

test('a status of 4xx is returned and does not count as a failure', async () => {
  status(402, '{"title":"Declined"}');
  for (let i = 0; i < 6; i += 1) expect(await get()).toEqual({ status: 402, json: { title: 'Declined' } });
});

test('an empty response has no JSON', async () => {
  status(204);
  expect(await get()).toEqual({ status: 204, json: undefined });
});

test('a response that does not arrive in time is a 504', async () => {
  respond = () => {};
  await expect(get()).rejects.toMatchObject({ status: 504, dependency: 'The provider', timedOut: true });
});

test.each([
  ['a status of 500', () => status(500, 'oops')],
  ['a response that is not JSON', () => status(200, '<html>')],
  ['a broken connection', () => void (respond = (request) => request.socket.destroy())],
])('%s is a 503 without the cause', async (_what, arrange) => {
  arrange();
  await expect(get()).rejects.toMatchObject({
    status: 503,
    detail: 'The provider is not available, try again later',
    timedOut: false,
  });
});

test('after five consecutive failures, requests fail at once', async () => {
  status(500);
  for (let i = 0; i < 5; i += 1) await expect(get()).rejects.toMatchObject({ status: 503 });
  status(200);
  await expect(get()).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(5);
});

test('a connection that has gone silent is not used again', async () => {
  const connections = new Set<unknown>();
  const silent = new Set<unknown>();
  respond = (request, response) => {
    connections.add(request.socket);
    if (!silent.has(request.socket)) response.end('"ok"');
  };
  await get();
  // Until it is back in the pool, another request opens a connection of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const connection of connections) silent.add(connection);
  await expect(get()).rejects.toMatchObject({ timedOut: true });
  expect(await get()).toMatchObject({ json: 'ok' });
});
