import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHttpClient, type HttpClient } from '../../../app/kit/http-client.ts';
import { DependencyError, OverloadError } from '../../../app/kit/problem.ts';
import { continueTrace, runInTrace } from '../../../app/kit/trace-context.ts';
import { silentTask } from '../../support/task.ts';

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
  client = createHttpClient({ name: 'The provider', baseUrl, timeoutMs: 400, breakers: silentTask({}).breakers });
});

afterEach(async () => {
  mock.timers.reset();
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

test('a service that refuses for overload is a 503, which does not count as a failure, also as a probe', async () => {
  const overload = JSON.stringify(new OverloadError('Too many requests', undefined));
  status(503, overload);
  for (let i = 0; i < 6; i += 1) await expect(get()).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(6);

  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  status(503, JSON.stringify(new DependencyError('The database')));
  for (let i = 0; i < 5; i += 1) await expect(get()).rejects.toMatchObject({ status: 503 });
  mock.timers.tick(30_000);
  status(503, overload);
  await expect(get()).rejects.toMatchObject({ status: 503 });
  status(200);
  expect(await get()).toMatchObject({ status: 200 });
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

test('a dependency that is down is probed by one request after 30 s, and used again once that succeeds', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  status(500);
  for (let i = 0; i < 5; i += 1) await expect(get()).rejects.toMatchObject({ status: 503 });
  mock.timers.tick(29_999);
  await expect(get()).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(5);

  mock.timers.tick(1);
  await expect(get()).rejects.toMatchObject({ status: 503 });
  await expect(get()).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(6);

  mock.timers.tick(30_000);
  status(200);
  for (let i = 0; i < 2; i += 1) expect(await get()).toMatchObject({ status: 200 });
  expect(requests).toBe(8);
});

describe('time-outs', () => {
  const from = (customer: string, card: string) =>
    client.request('GET', '/', { causes: [`customer ${customer}`, `card ${card}`] });
  const timeOut = (...pairs: [customer: string, card: string][]) =>
    Promise.all(pairs.map(([customer, card]) => expect(from(customer, card)).rejects.toMatchObject({ status: 504 })));
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];

  test.each<[string, (name: string) => [string, string]]>([
    ['one card of one customer', () => ['eve', 'slow']],
    ['several cards of one customer', (name) => ['eve', name]],
    ['one card of several customers', (name) => [name, 'slow']],
  ])('of %s count once', async (_, pair) => {
    status(504);
    await timeOut(...names.map(pair));
    await timeOut(...names.map(pair));
    status(200);
    expect(await from('ada', 'ok')).toMatchObject({ status: 200 });
  });

  test('of the client itself count as those that a gateway reports', async () => {
    respond = () => {};
    await timeOut(...names.map((): [string, string] => ['eve', 'slow']));
    status(200);
    expect(await from('ada', 'ok')).toMatchObject({ status: 200 });
  });

  test('of five customers with a card each open the circuit, also with repetitions in between', async () => {
    status(504);
    await timeOut(['eve', 'slow'], ['eve', 'slow'], ...names.slice(0, 4).map((name): [string, string] => [name, name]));
    status(200);
    await expect(from('ada', 'ok')).rejects.toMatchObject({ status: 503 });
    expect(requests).toBe(6);
  });

  test('that counted before a success count again after it', async () => {
    const pairs = names.slice(0, 4).map((name): [string, string] => [name, name]);
    status(504);
    await timeOut(...pairs);
    status(200);
    await from('ada', 'ok');
    status(504);
    await timeOut(...pairs);
    status(200);
    expect(await from('ada', 'ok')).toMatchObject({ status: 200 });
    status(504);
    await timeOut(...pairs, ['ada', 'ok']);
    await expect(from('ada', 'ok')).rejects.toMatchObject({ status: 503 });
  });

  test('do not stand for failures of other kinds, which count for one customer as well', async () => {
    status(500);
    for (let i = 0; i < 5; i += 1) await expect(from('eve', 'x')).rejects.toMatchObject({ status: 503 });
    await expect(from('ada', 'ok')).rejects.toMatchObject({ status: 503 });
    expect(requests).toBe(5);
  });

  test('of a card that counted already do not keep the circuit open when they probe', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    status(504);
    await timeOut(...names.slice(0, 5).map((name): [string, string] => [name, name]));
    mock.timers.tick(30_000);
    await timeOut(['a', 'a']);
    status(200);
    expect(await from('ada', 'ok')).toMatchObject({ status: 200 });
  });
});
