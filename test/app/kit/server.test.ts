import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { mock } from 'node:test';
import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { createLogger } from '../../../app/kit/log.ts';
import { Problem } from '../../../app/kit/problem.ts';
import { createServer } from '../../../app/kit/server.ts';
import { traceHeaders } from '../../../app/kit/trace-context.ts';

const thing = Type.Object(
  { email: Type.String({ format: 'email' }), quantity: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);

const app = createServer({ name: 'things' });
app.post('/things', { schema: { body: thing } }, (request) => request.body);
app.put('/things/:id', { schema: { querystring: Type.Object({ limit: Type.Integer() }) } }, (request) => request.query);
app.get('/things/:id', () => {
  throw new Problem(402, 'Card declined', { detail: 'Try another.', headers: { 'retry-after': '7' } });
});
app.get('/crash', () => {
  throw new Error('password of the database is hunter2');
});
app.get('/address', (request) => ({ ip: request.ip, protocol: request.protocol }));

async function post(payload: string | object, type = 'application/json') {
  const response = await app.inject({ method: 'POST', url: '/things', payload, headers: { 'content-type': type } });
  return {
    status: response.statusCode,
    contentType: response.headers['content-type'],
    ...response.json<Record<string, unknown>>(),
  };
}

test('health depends on nothing else', async () => {
  const response = await app.inject('/api/health');
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({ status: 'ok', uptime: expect.any(Number) });
});

test('a thrown problem is the response, as a problem document', async () => {
  const response = await app.inject('/things/1');
  expect(response.statusCode).toBe(402);
  expect(response.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '7' });
  expect(response.json()).toEqual({
    type: 'about:blank',
    title: 'Card declined',
    status: 402,
    detail: 'Try another.',
    requestId: response.headers['x-request-id'],
  });
});

test('a body that does not match the schema is a 400 naming every field', async () => {
  expect(await post({ email: 'nobody', quantity: 0, colour: 'red' })).toMatchObject({
    status: 400,
    contentType: 'application/problem+json',
    title: 'Invalid request',
    errors: [
      { field: 'colour', detail: 'is not a known field' },
      { field: 'email', detail: 'must match format "email"' },
      { field: 'quantity', detail: 'must be >= 1' },
    ],
  });
  expect(await post({})).toMatchObject({
    status: 400,
    errors: [
      { field: 'email', detail: 'is required' },
      { field: 'quantity', detail: 'is required' },
    ],
  });
  expect(await post('null')).toMatchObject({ status: 400, errors: [{ field: 'body', detail: 'must be object' }] });
});

test('the text of a body is not converted to a number', async () => {
  expect(await post({ email: 'a@b.example', quantity: '1' })).toMatchObject({
    status: 400,
    errors: [{ field: 'quantity', detail: 'must be integer' }],
  });
});

test('a query parameter that is a plain number is converted', async () => {
  expect((await app.inject({ method: 'PUT', url: '/things/1?limit=5' })).json()).toEqual({ limit: 5 });
});

test('query parameters that no schema declares are refused by name, as bodies are', async () => {
  const put = async (url: string) => (await app.inject({ method: 'PUT', url })).json<Record<string, unknown>>();
  expect(await put('/things/1?limit=5&limti=6&page=2')).toMatchObject({
    status: 400,
    errors: [
      { field: 'limti', detail: 'is not a known field' },
      { field: 'page', detail: 'is not a known field' },
    ],
  });
  const undeclared = await app.inject('/address?from=mail');
  expect(undeclared.json()).toMatchObject({ status: 400, errors: [{ field: 'from' }] });
});

test('a health check accepts any query parameter', async () => {
  expect((await app.inject('/api/health?cache=17')).statusCode).toBe(200);
});

test.each(['x', 'true', '1.5', '0x10', '1e1', '%205', ''])(
  'the query parameter "%s" is refused where a number is declared',
  async (limit) => {
    expect((await app.inject({ method: 'PUT', url: `/things/1?limit=${limit}` })).json()).toMatchObject({
      status: 400,
      errors: [{ field: 'limit', detail: 'must be integer' }],
    });
  },
);

test.each([
  ['malformed JSON', '{"email":', 'application/json', 400],
  ['a body that sets the prototype', '{"__proto__":{"admin":true}}', 'application/json', 400],
  ['a body that is not JSON', 'email=a', 'application/x-www-form-urlencoded', 415],
  ['plain text', 'hello', 'text/plain', 415],
  ['a body over the limit', JSON.stringify({ email: 'x'.repeat(64 * 1024) }), 'application/json', 413],
])('%s is a problem with the right status', async (_what, payload, type, status) => {
  expect(await post(payload, type)).toMatchObject({ status, contentType: 'application/problem+json' });
});

test('an unknown path is a 404, an unsupported method a 405 with the supported ones', async () => {
  const nowhere = await app.inject({ method: 'DELETE', url: '/nothing' });
  expect(nowhere.statusCode).toBe(404);
  expect(nowhere.json()).toMatchObject({ title: 'Not Found', detail: 'No resource at /nothing' });

  const wrong = await app.inject({ method: 'DELETE', url: '/things/1?x=y' });
  expect(wrong.statusCode).toBe(405);
  expect(wrong.headers).toMatchObject({ allow: 'GET, HEAD, PUT', 'content-type': 'application/problem+json' });
});

test('a path that cannot be decoded is a 400 problem', async () => {
  const response = await app.inject('/things/%ZZ');
  expect(response.statusCode).toBe(400);
  expect(response.headers['content-type']).toBe('application/problem+json');
});

test('an unexpected error reveals nothing to the client', async () => {
  const response = await app.inject('/crash');
  expect(response.statusCode).toBe(500);
  expect(response.json()).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    requestId: expect.any(String),
  });
});

test('a call from another service keeps an id that is safe to log, and gets one otherwise', async () => {
  const idOf = async (given?: string) => {
    const response = await app.inject({
      url: '/api/health',
      headers: given === undefined ? {} : { 'x-request-id': given },
    });
    return response.headers['x-request-id'];
  };
  expect(await idOf('Root=1-67891233-abcdef012345678912345678')).toBe('Root=1-67891233-abcdef012345678912345678');
  expect(await idOf('two words')).toMatch(/^[\da-f-]{36}$/);
  expect(await idOf()).not.toBe(await idOf());
});

test('concurrent requests on shared connections keep their own trace while their bodies arrive in parts', async () => {
  const server = createServer({ name: 'traced' });
  server.post('/things', async () => traceHeaders());
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
  const send = (id: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'x-request-id': id };
      const sent = http.request(`${origin}/things`, { method: 'POST', agent, headers }, (response) =>
        resolve(text(response)),
      );
      sent.once('error', reject);
      sent.write('{"name":');
      setTimeout(() => sent.end('"a"}'), 20);
    });
  const ids = Array.from({ length: 12 }, (_, i) => `r-${i}`);
  const received = await Promise.all(ids.map(send));
  agent.destroy();
  await server.close();
  expect(received.map((json) => (JSON.parse(json) as Record<string, string>)['x-request-id'])).toEqual(ids);
});

test('forwarded headers are trusted only from inside the network', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };
  const from = async (remoteAddress: string) => (await app.inject({ url: '/address', headers, remoteAddress })).json();
  expect(await from('10.0.3.4')).toEqual({ ip: '198.51.100.7', protocol: 'https' });
  expect(await from('203.0.113.9')).toEqual({ ip: '203.0.113.9', protocol: 'http' });
});

test('the address is the one that CloudFront saw, whatever the viewer claims and the load balancer adds', async () => {
  const ip = async (viewer: string, remoteAddress = '10.0.3.4') => {
    const headers = { 'cloudfront-viewer-address': viewer, 'x-forwarded-for': '1.1.1.1, 198.51.100.9, 203.0.113.5' };
    return (await app.inject({ url: '/address', headers, remoteAddress })).json<{ ip: string }>().ip;
  };
  expect(await ip('198.51.100.10:46532')).toBe('198.51.100.10');
  expect(await ip('2001:db8::8a2e:370:7334:46532')).toBe('2001:db8::8a2e:370:7334');
  expect(await ip('[2001:db8::1]:46532')).toBe('2001:db8::1');
  // Also a viewer within a private network, which is no proxy.
  expect(await ip('192.168.1.7:5000')).toBe('192.168.1.7');
  expect(await ip('nonsense')).toBe('10.0.3.4');
  expect(await ip('198.51.100.10:46532', '203.0.113.9')).toBe('203.0.113.9');
});

test('the request id of a client on the internet is a field of the log, never its id; neither is its trace', async () => {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => (lines.push(JSON.parse(chunk.toString()) as never), done()),
  });
  const log = createLogger({ SERVICE_NAME: 'things', LOG_LEVEL: 'info' }, destination);
  const server = createServer({ name: 'things', log });
  server.get('/crash', () => {
    throw new Error('broken');
  });
  server.get('/call', async () => traceHeaders());
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const sent = {
    'x-request-id': 'chosen-by-client',
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    tracestate: 'a=b',
  };
  const fromInternet = { ...sent, 'cloudfront-viewer-address': '198.51.100.10:46532' };

  const response = await server.inject({ url: '/crash', headers: fromInternet });
  const id = response.headers['x-request-id'];
  expect(id).toMatch(/^[\da-f-]{36}$/);
  expect(response.json()).toMatchObject({ requestId: id });
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatchObject({ requestId: id, clientRequestId: 'chosen-by-client' });
  for (const line of lines) expect(line['traceId']).not.toBe(traceId);

  const next = (await server.inject({ url: '/call', headers: fromInternet })).json<Record<string, string>>();
  expect(JSON.stringify(next)).not.toMatch(new RegExp(`chosen-by-client|${traceId}|a=b`));
  // Not from the load balancer, so from outside, whatever it says.
  const outside = await server.inject({ url: '/call', headers: sent, remoteAddress: '203.0.113.9' });
  expect(outside.json()['x-request-id']).not.toBe('chosen-by-client');
  const fromService = await server.inject({ url: '/call', headers: sent });
  expect(fromService.json()).toMatchObject({ 'x-request-id': 'chosen-by-client', tracestate: 'a=b' });

  lines.length = 0;
  await server.inject({ url: '/crash', headers: { ...fromInternet, 'x-request-id': 'two words' } });
  for (const line of lines) expect(line).not.toHaveProperty('clientRequestId');
});

test('two Host headers are a 400', async () => {
  const server = createServer({ name: 'things' });
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const statusOf = async (headers: string) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET /api/health HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
    return /^HTTP\/1.1 (\d+)/.exec(await text(socket))?.[1];
  };
  expect(await statusOf('Host: a\r\nHost: b')).toBe('400');
  expect(await statusOf('Host: a\r\nX: Host')).toBe('200');
  await server.close();
});

test('a body that does not arrive in time is a 408, and the connection is closed', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const server = createServer({ name: 'things' });
    server.post('/things', async () => 'unreachable');
    const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    const received = text(socket);
    const begun = once(server.server, 'request');
    socket.write(
      'POST /things HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"a":',
    );
    await begun;
    mock.timers.tick(10_000);
    const [head = '', body = ''] = (await received).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 408 /);
    expect(head).toContain('connection: close');
    expect(JSON.parse(body)).toMatchObject({ status: 408, detail: expect.stringContaining('did not arrive') });
    mock.timers.reset();
    await server.close();
  } finally {
    mock.timers.reset();
  }
});

test('a handler that takes too long with a whole request is a 503', async () => {
  const server = createServer({ name: 'things' });
  server.post('/slow', () => {
    throw Object.assign(new Error('Request timed out'), { code: 'FST_ERR_HANDLER_TIMEOUT', statusCode: 503 });
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  expect((await fetch(`${origin}/slow`, { method: 'POST', headers, body: '{}' })).status).toBe(503);
  await server.close();
});

test('no problem may be stored on its way, not even one of a page that may', async () => {
  const server = createServer({ name: 'things' });
  server.get('/page', (_request, reply) => {
    void reply.header('cache-control', 'public, max-age=60');
    throw new Problem(503);
  });
  for (const url of ['/page', '/nothing', '/things/%ZZ'])
    expect((await server.inject(url)).headers).toMatchObject({ 'cache-control': 'no-store' });
});

test('the protocol that the CDN reports takes precedence over the one that the load balancer reports', async () => {
  const headers = { 'x-forwarded-proto': 'http', 'cloudfront-forwarded-proto': 'https' };
  const response = await app.inject({ url: '/address', remoteAddress: '10.0.3.4', headers });
  expect(response.json()).toMatchObject({ protocol: 'https' });
});

test('a body over the limit gets its response while it is still being sent, and the connection stays usable', async () => {
  const server = createServer({ name: 'limited' });
  server.post('/things', { schema: { body: thing } }, (request) => request.body);
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const send = (body: string) =>
    new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = http.request(`${origin}/things`, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => resolve({ status: response.statusCode, port: sent.socket?.localPort }));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  try {
    const tooMuch = await send('x'.repeat(10 * 1024 * 1024));
    expect(tooMuch.status).toBe(413);
    const next = await send('{"email":"ada@example.com","quantity":1}');
    expect(next).toEqual({ status: 200, port: tooMuch.port });
  } finally {
    agent.destroy();
    await server.close();
  }
});

test.each([
  ['a malformed request line', 'nonsense\r\n\r\n', 400],
  ['headers over the limit', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
])('%s is a problem', async (_what, sent, status) => {
  const server = createServer({ name: 'things' });
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const received = await text(connect(Number(port), '127.0.0.1').end(sent));
  await server.close();
  const [head = '', body = ''] = received.split('\r\n\r\n');
  expect(head).toContain('content-type: application/problem+json');
  expect(head).toContain('cache-control: no-store');
  expect(JSON.parse(body)).toMatchObject({ status, title: expect.any(String) });
});

test('the API is described as OpenAPI 3.1, from the schemas of the routes', async () => {
  const response = await app.inject('/api/things/openapi.json');
  expect(response.json()).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/things': {
        post: { requestBody: { content: { 'application/json': { schema: { required: ['email', 'quantity'] } } } } },
      },
      '/things/{id}': {
        put: {
          responses: { default: { content: { 'application/problem+json': expect.anything() } } },
          parameters: expect.arrayContaining([expect.objectContaining({ in: 'query', name: 'limit' })]),
        },
      },
    },
  });
});
