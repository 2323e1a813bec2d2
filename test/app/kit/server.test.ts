import http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { Type } from 'typebox';
import { Problem } from '../../../app/kit/problem.ts';
import { createServer } from '../../../app/kit/server.ts';

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
  const answer = await app.inject({ method: 'POST', url: '/things', payload, headers: { 'content-type': type } });
  return {
    status: answer.statusCode,
    contentType: answer.headers['content-type'],
    ...answer.json<Record<string, unknown>>(),
  };
}

test('health is answered without asking anything else', async () => {
  const answer = await app.inject('/api/health');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ status: 'ok', uptime: expect.any(Number) });
});

test('a thrown problem is the answer, as a problem document', async () => {
  const answer = await app.inject('/things/1');
  expect(answer.statusCode).toBe(402);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '7' });
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: 'Card declined',
    status: 402,
    detail: 'Try another.',
    requestId: answer.headers['x-request-id'],
  });
});

test('a body that does not fit the schema is a 400 naming every field', async () => {
  expect(await post({ email: 'nobody', quantity: 0, colour: 'red' })).toMatchObject({
    status: 400,
    contentType: 'application/problem+json',
    title: 'Invalid request',
    errors: [
      { field: 'colour', detail: 'is not known here' },
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

test('a body is taken as it is: a text is not a number', async () => {
  expect(await post({ email: 'a@b.example', quantity: '1' })).toMatchObject({
    status: 400,
    errors: [{ field: 'quantity', detail: 'must be integer' }],
  });
});

test('a query is text: what reads as a number is one', async () => {
  expect((await app.inject({ method: 'PUT', url: '/things/1?limit=5' })).json()).toEqual({ limit: 5 });
});

test.each(['x', 'true', '1.5', '0x10', '1e1', '%205', ''])('a query whose number is "%s" is refused', async (limit) => {
  expect((await app.inject({ method: 'PUT', url: `/things/1?limit=${limit}` })).json()).toMatchObject({
    status: 400,
    errors: [{ field: 'limit', detail: 'must be integer' }],
  });
});

test.each([
  ['malformed JSON', '{"email":', 'application/json', 400],
  ['an attempt at the prototype', '{"__proto__":{"admin":true}}', 'application/json', 400],
  ['a body that is not JSON', 'email=a', 'application/x-www-form-urlencoded', 415],
  ['plain text', 'hello', 'text/plain', 415],
  ['a body over the limit', JSON.stringify({ email: 'x'.repeat(64 * 1024) }), 'application/json', 413],
])('%s is the right problem', async (_what, payload, type, status) => {
  expect(await post(payload, type)).toMatchObject({ status, contentType: 'application/problem+json' });
});

test('a path nobody serves is a 404, a method nobody serves there a 405 with those that are', async () => {
  const nowhere = await app.inject({ method: 'DELETE', url: '/nothing' });
  expect(nowhere.statusCode).toBe(404);
  expect(nowhere.json()).toMatchObject({ title: 'Not Found', detail: 'Nothing is served at /nothing' });

  const wrong = await app.inject({ method: 'DELETE', url: '/things/1?x=y' });
  expect(wrong.statusCode).toBe(405);
  expect(wrong.headers).toMatchObject({ allow: 'GET, HEAD, PUT', 'content-type': 'application/problem+json' });
});

test('a path that cannot be decoded is a 400 problem', async () => {
  const answer = await app.inject('/things/%ZZ');
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toBe('application/problem+json');
});

test('an unknown error tells the client nothing', async () => {
  const answer = await app.inject('/crash');
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    requestId: expect.any(String),
  });
});

test('a request keeps a safe id and gets one otherwise', async () => {
  const idOf = async (given?: string) => {
    const answer = await app.inject({
      url: '/api/health',
      headers: given === undefined ? {} : { 'x-request-id': given },
    });
    return answer.headers['x-request-id'];
  };
  expect(await idOf('Root=1-67891233-abcdef012345678912345678')).toBe('Root=1-67891233-abcdef012345678912345678');
  expect(await idOf('two words')).toMatch(/^[\da-f-]{36}$/);
  expect(await idOf()).not.toBe(await idOf());
});

test('only an address inside the network is believed in what it forwards', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };
  const from = async (remoteAddress: string) => (await app.inject({ url: '/address', headers, remoteAddress })).json();
  expect(await from('10.0.3.4')).toEqual({ ip: '198.51.100.7', protocol: 'https' });
  expect(await from('203.0.113.9')).toEqual({ ip: '203.0.113.9', protocol: 'http' });
});

test('the CDN is believed in how the viewer came, since the load balancer never hears of it', async () => {
  const headers = { 'x-forwarded-proto': 'http', 'cloudfront-forwarded-proto': 'https' };
  const answer = await app.inject({ url: '/address', remoteAddress: '10.0.3.4', headers });
  expect(answer.json()).toMatchObject({ protocol: 'https' });
});

test('a body over the limit is answered while it is still being sent, and the connection stays usable', async () => {
  const server = createServer({ name: 'limited' });
  server.post('/things', { schema: { body: thing } }, (request) => request.body);
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const send = (body: string) =>
    new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const sent = http.request(`${origin}/things`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().once('end', () => resolve({ status: answer.statusCode, port: sent.socket?.localPort }));
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
  ['a request line that is none', 'nonsense\r\n\r\n', 400],
  ['headers over the limit', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
])('%s is a problem too', async (_what, sent, status) => {
  const server = createServer({ name: 'things' });
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const received = await text(connect(Number(port), '127.0.0.1').end(sent));
  await server.close();
  const [head = '', body = ''] = received.split('\r\n\r\n');
  expect(head).toContain('content-type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ status, title: expect.any(String) });
});

test('the API is described as OpenAPI 3.1 from the schemas of the routes', async () => {
  const answer = await app.inject('/api/things/openapi.json');
  expect(answer.json()).toMatchObject({
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
