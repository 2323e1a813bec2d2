import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { eventually } from '../support/eventually.ts';
import { expectLoopbackOnly, portsOf } from '../support/loopback-only.ts';
import { sendFrom } from '../support/send-from.ts';
import { createShopper, type Shopper } from '../support/shopper.ts';
import { startSystem, type System } from '../support/system.ts';
import { send } from '../local/resources/elbv2/load-balancer/rig.ts';
import { describeJourney } from './journey.ts';
import { describePrivateResponses } from './private-responses.ts';
import { describeReadRouting } from './read-routing.ts';
import { describeTaskLoss } from './task-loss.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.dispose());

describeJourney(() => system);
describePrivateResponses(() => system);
describeReadRouting(() => system);
describeTaskLoss(() => system);

test('no port is open to the network: edge, endpoint, databases, Redis, load balancer and every task', async () => {
  const status = await system.status();
  const ports = portsOf(status);
  const tasks = status.services.flatMap((service) => service.tasks).filter(({ port }) => port > 0);
  expect(tasks.length).toBeGreaterThanOrEqual(10);
  expect(status.databases.map(({ role }) => role).toSorted()).toEqual(['primary', 'replica']);
  // Edge, endpoint, Redis, load balancer.
  expect(Object.keys(ports)).toHaveLength(4 + status.databases.length + tasks.length);
  await expectLoopbackOnly(ports);
});

test('a page that reaches the edge under a name of its own gets nothing', async () => {
  const { port } = new URL(system.edge);
  const answer = await send(Number(port), '/api/health', { headers: { Host: 'evil.example' } });
  expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'application/problem+json' } });
  expect((await send(Number(port), '/api/health', { headers: { Host: `shop.localhost:${port}` } })).status).toBe(200);
});

test('the edge serves the objects under media/ of the uploads bucket, and no others', async () => {
  const url = `${system.endpoint}/${await uploadsBucket()}`;
  const headers = { 'content-type': 'image/webp' };
  for (const key of ['media/film.webp', 'originals/film.webp'])
    expect((await fetch(`${url}/${key}`, { method: 'PUT', headers, body: 'image' })).status).toBe(200);
  const visitor = createShopper(system.edge);
  const first = await visitor.send('GET', '/media/film.webp');
  expect(first).toMatchObject({ status: 200, body: 'image' });
  expect(first.headers.get('content-type')).toBe('image/webp');
  expect(first.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await visitor.send('GET', '/media/film.webp')).headers.get('x-cache')).toBe('Hit from cloudfront');
  for (const [method, path, status] of [
    ['GET', '/media/none.webp', 403],
    ['GET', '/media/', 403],
    ['PUT', '/media/film.webp', 403],
    ['GET', '/originals/film.webp', 404],
  ] as const)
    expect((await visitor.send(method, path)).status).toBe(status);
});

test('a page of the edge uploads an image with the form that it gets, and its variants come from the CDN', async () => {
  const photo = sharp({ create: { width: 1000, height: 500, channels: 3, background: 'teal' } });
  const { status, variants } = await upload(await photo.png().toBuffer());
  expect([status, variants.length]).toEqual(['ready', 6]);
  const visitor = createShopper(system.edge);
  for (const { url, contentType, width, height } of variants) {
    const first = await fetch(system.edge + url);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, contentType]);
    expect(first.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await sharp(await first.bytes()).metadata()).toMatchObject({ width, height });
    expect((await visitor.send('GET', url)).headers.get('x-cache')).toBe('Hit from cloudfront');
  }
});

test('a file that is no image ends as rejected, with the reason', async () => {
  expect(await upload(Buffer.from('<svg/>'))).toMatchObject({
    status: 'rejected',
    variants: [],
    reason: 'The file is no JPEG, PNG, WebP, GIF or AVIF image.',
  });
});

interface Image {
  readonly status: string;
  readonly variants: { url: string; contentType: string; width: number; height: number }[];
}

/** Uploads a file as a page of the edge does. Resolves with the image once it is ready or rejected. */
async function upload(file: Buffer): Promise<Image> {
  const shopper = createShopper(system.edge);
  await shopper.register();
  const added = await shopper.send('POST', '/api/images', { json: { contentType: 'image/png' } });
  expect(added.status).toBe(201);
  const { id, upload: target } = added.body;
  const form = new FormData();
  for (const [name, value] of Object.entries<string>(target.fields)) form.set(name, value);
  form.set('file', new Blob([new Uint8Array(file)]));
  const { origin } = new URL(system.edge);
  const response = await fetch(target.url, { method: 'POST', body: form, headers: { origin } });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
  return eventually(async () => {
    const { body } = await shopper.send('GET', `/api/images/${id}`);
    expect(body.status).not.toBe('pending');
    return body;
  });
}

async function uploadsBucket(): Promise<string> {
  const list = await (await fetch(system.endpoint)).text();
  return /<Name>([^<]*uploads[^<]*)<\/Name>/.exec(list)?.[1] ?? `no uploads bucket in ${list}`;
}

test('the edge serves the health check to external monitors', async () => {
  expect(await createShopper(system.edge).send('GET', '/api/health')).toMatchObject({
    status: 200,
    body: { status: 'ok', uptime: expect.any(Number) },
  });
});

test('a client with an API key alone orders and pays, in all services, until the key is revoked', async () => {
  const ada = createShopper(system.edge);
  await ada.register();
  const { id, key } = (await ada.send('POST', '/api/auth/keys')).body;
  const client = createShopper(system.edge);
  const call = (method: string, path: string, json?: unknown) =>
    client.send(method, path, { json, headers: { 'x-api-key': key } });
  const [product] = (await client.products('?limit=1')).body.items;
  const ordered = await call('POST', '/api/orders', { items: [{ productId: product.id, quantity: 1 }] });
  expect(ordered).toMatchObject({ status: 201, body: { totalCents: product.priceCents } });
  const paid = await call('POST', '/api/payments', { orderId: ordered.body.id, cardToken: 'tok_ok' });
  expect(paid).toMatchObject({ status: 201, body: { status: 'succeeded' } });

  expect((await ada.send('DELETE', `/api/auth/keys/${id}`)).status).toBe(204);
  expect(await call('GET', '/api/orders')).toMatchObject({ status: 401, body: { title: 'Unknown API key' } });
});

test('the sixth login of an address in a minute is refused by whichever task gets it, and other addresses log in', async () => {
  const url = `${system.edge}/api/auth/login`;
  const payload = JSON.stringify({ email: 'nobody@example.com', password: 'a wrong password' });
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.1' };
  const login = (address: string) => sendFrom(address, url, { method: 'POST', payload, headers });
  for (let i = 0; i < 5; i += 1) expect((await login('127.0.0.77')).status).toBe(401);
  const refused = await login('127.0.0.77');
  expect(refused.status).toBe(429);
  expect(JSON.parse(refused.text).detail).toBe('Too many login attempts. Try again in 1 minute.');
  expect((await login('127.0.0.78')).status).toBe(401);
});

test('an address has one limit over all services', async () => {
  const remaining = async (path: string): Promise<number> => {
    const { headers } = await sendFrom('127.0.0.79', `${system.edge}${path}`);
    return Number(/^"address";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
  };
  const seen = [];
  for (const path of ['/api/auth/me', '/api/orders', '/api/payments/none', '/sandbox/none'])
    seen.push(await remaining(path));
  expect(seen).toEqual([999, 998, 997, 996]);
});

describe('invalid input gets a problem document, and nothing is written', () => {
  let shopper: Shopper;
  let productId: string;
  beforeAll(async () => {
    shopper = createShopper(system.edge);
    await shopper.register();
    productId = (await shopper.products('?limit=1')).body.items[0].id;
  });

  const orders: [string, () => unknown, number, string | undefined][] = [
    ['an empty order', () => [], 400, 'items'],
    ['quantity 0', () => [{ productId, quantity: 0 }], 400, 'items/0/quantity'],
    ['quantity 10^9', () => [{ productId, quantity: 1e9 }], 400, 'items/0/quantity'],
    ['an unknown product', () => [{ productId: 'no-such-film', quantity: 1 }], 422, 'items/0/productId'],
  ];
  test.each(orders)('%s', async (_, items, status, field) => {
    const response = await shopper.send('POST', '/api/orders', { json: { items: items() } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect((await shopper.send('GET', '/api/orders')).body.items).toEqual([]);
  });

  test('malformed JSON', async () => {
    expect(await shopper.send('POST', '/api/orders', { body: '{"items":' })).toMatchObject({
      status: 400,
      body: { status: 400 },
    });
  });

  test('a body over the limit', async () => {
    const password = 'x'.repeat(10 * 1024 * 1024);
    const json = { email: 'long@example.com', password };
    const response = await shopper.send('POST', '/api/auth/register', { json });
    expect(response).toMatchObject({ status: 413, body: { status: 413 } });
  });

  test.each([
    ['an invalid e-mail address', { email: 'ann', password: 'long enough' }, 'email'],
    ['a password that is too short', { email: 'short@example.com', password: 'x' }, 'password'],
  ])('%s', async (_, json, field) => {
    const response = await createShopper(system.edge).send('POST', '/api/auth/register', { json });
    expect(response).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test("another user's order", async () => {
    const order = await shopper.order([{ productId, quantity: 1 }]);
    const stranger = createShopper(system.edge);
    await stranger.register();
    expect(await stranger.send('GET', `/api/orders/${order.body.id}`)).toMatchObject({ status: 404 });
    expect(await stranger.pay(order.body.id)).toMatchObject({ status: 404 });
  });

  test('a card that the provider declines', async () => {
    const order = await shopper.order([{ productId, quantity: 1 }]);
    expect(await shopper.pay(order.body.id, 'tok_declined')).toMatchObject({ status: 402, body: { status: 402 } });
    expect(await shopper.send('GET', `/api/orders/${order.body.id}`)).toMatchObject({ body: { status: 'pending' } });
  });

  test('an idempotency key that is reused with another body', async () => {
    const key = randomUUID();
    expect(await shopper.order([{ productId, quantity: 1 }], key)).toMatchObject({ status: 201 });
    expect(await shopper.order([{ productId, quantity: 2 }], key)).toMatchObject({ status: 422 });
  });

  test.each([
    ['GET', '/no/such/path', 404],
    ['GET', '/api/orders/a/b/c', 404],
    ['DELETE', '/api/orders', 405],
  ])('%s %s', async (method, path, status) => {
    expect(await shopper.send(method, path)).toMatchObject({ status, body: { status } });
  });

  test('a request without a session', async () => {
    expect(await createShopper(system.edge).order([{ productId, quantity: 1 }])).toMatchObject({ status: 401 });
  });
});
