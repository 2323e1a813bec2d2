import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHttpClient, type HttpClient } from '../../../app/kit/http-client.ts';

let server: Server;
let client: HttpClient;
let answer: RequestListener;
let requests = 0;

beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createHttpClient({ name: 'The provider', baseUrl, timeoutMs: 100 });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = () => client.request('GET', '/');
const status = (code: number, body = '') => {
  answer = (_request, response) => response.writeHead(code).end(body);
};

test('JSON goes out and comes back, with the headers given', async () => {
  answer = (request, response) => {
    request.pipe(
      response.writeHead(201, { 'x-method': request.method, 'content-type': request.headers['content-type'] }),
    );
  };
  const answered = await client.request('POST', '/charges', { json: { cents: 5 }, headers: { cookie: 'a=b' } });
  expect(answered).toEqual({ status: 201, json: { cents: 5 } });
});

test('a refusal is an answer, not a failure', async () => {
  status(402, '{"title":"Declined"}');
  for (let i = 0; i < 6; i += 1) expect(await get()).toEqual({ status: 402, json: { title: 'Declined' } });
});

test('an empty answer has no JSON', async () => {
  status(204);
  expect(await get()).toEqual({ status: 204, json: undefined });
});

test('an answer that does not come in time is a 504', async () => {
  answer = () => {};
  await expect(get()).rejects.toMatchObject({ status: 504, dependency: 'The provider', timedOut: true });
});

test.each([
  ['an error of the server', () => status(500, 'oops')],
  ['an answer that is not JSON', () => status(200, '<html>')],
  ['a broken connection', () => void (answer = (request) => request.socket.destroy())],
])('%s is a 503 that does not tell what happened', async (_what, arrange) => {
  arrange();
  await expect(get()).rejects.toMatchObject({
    status: 503,
    detail: 'The provider is not available, try again later',
    timedOut: false,
  });
});

test('after five failures in a row nothing is sent for a while', async () => {
  status(500);
  for (let i = 0; i < 5; i += 1) await expect(get()).rejects.toMatchObject({ status: 503 });
  status(200);
  await expect(get()).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(5);
});
