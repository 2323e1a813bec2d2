import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import type { App } from '../../app/kit/app.ts';
import { DependencyError, Problem } from '../../app/kit/problem.ts';
import type { LimitRedis } from '../../app/kit/redis-limiter.ts';
import type { SessionRedis } from '../../app/kit/session-store.ts';
import { createApp as createAuth } from '../../app/services/auth/app.ts';
import { createApp as createCatalog } from '../../app/services/catalog/app.ts';
import { createApp as createImages } from '../../app/services/images/app.ts';
import { createApp as createOrders } from '../../app/services/orders/app.ts';
import { createApp as createPayments } from '../../app/services/payments/app.ts';
import { createApp as createSandbox } from '../../app/services/sandbox/app.ts';
import { system } from '../../lib/system.ts';
import { allowSignIn, memoryRedis } from '../support/sign-in.ts';

type Parts = Record<string, (...args: any[]) => unknown>; // oxlint-disable-line typescript/no-explicit-any -- fakes of many stores

/** Makes each service with fakes of what it depends on, all by name in `fakes`. */
const services = {
  auth: (fakes: Parts, redis: SessionRedis) =>
    createAuth({
      limits,
      store: fakes as never,
      keys: { add: fakes['add'], list: fakes['list'], revoke: fakes['revoke'], ownerOf: findKeyOwner } as never,
      redis,
      sessionSecret,
      siteUrl: '',
      onCommit: () => {},
    }),
  catalog: (fakes: Parts) => createCatalog({ store: fakes as never, limits }),
  images: (fakes: Parts, redis: SessionRedis) =>
    createImages({
      limits,
      store: fakes as never,
      redis,
      sessionSecret,
      findKeyOwner,
      signUpload: async () => ({ url: 'https://a', fields: {} }),
    }),
  orders: (fakes: Parts, redis: SessionRedis) =>
    createOrders({
      limits,
      store: fakes as never,
      redis,
      sessionSecret,
      findKeyOwner,
      findPrices: fakes['findPrices'] as never,
    }),
  payments: (fakes: Parts, redis: SessionRedis) =>
    createPayments({
      limits,
      store: fakes as never,
      redis,
      sessionSecret,
      findKeyOwner,
      provider: fakes as never,
      findOrder: fakes['findOrder'] as never,
      onCommit: () => {},
    }),
  sandbox: (fakes: Parts) => createSandbox({ limits, store: fakes as never, providerKey: 'k' }),
};
const sessionSecret = 's'.repeat(32);
const findKeyOwner = async () => ({ id: '1', email: 'ada@example.com' });
/** Refuses each request that comes from the internet. */
const limits: LimitRedis = {
  evalsha: async () => [[1], [1000, 1_000_000, 5, 1_000_000]],
  eval: () => Promise.reject(new Error('not used')),
  ping: async () => 'PONG',
};

test('all services of the system are compared', () => {
  const names = system.filter(({ kind }) => kind === 'service').map(({ name }) => name);
  expect(Object.keys(services).toSorted()).toEqual(names.toSorted());
});

interface Operation {
  readonly service: keyof typeof services;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in the document. */
  readonly path: string;
  /** A valid request. */
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly payload?: object;
  /** What the dependencies return, for the errors that are the route's own. */
  readonly cases?: { fakes: Parts; payload?: object }[];
}

const id = randomUUID();
const order = { orderId: id, cardToken: 'tok_ok' };
const payment = { id, orderId: id, amountCents: 1, status: 'pending', requestHash: 'of another body' };
const password = 'correct horse';
const token = 'x'.repeat(64);
const sessionId = 'x'.repeat(43);
const none = async () => undefined;
const charge = (status: string) => async () => ({ id, key: 'k', status, amountCents: 1 });

const operations: Operation[] = [
  {
    service: 'auth',
    method: 'POST',
    path: '/api/auth/register',
    payload: { email: 'ada@example.com', password },
    cases: [{ fakes: { add: async () => 'taken' } }],
  },
  {
    service: 'auth',
    method: 'POST',
    path: '/api/auth/keys',
    cases: [{ fakes: { add: none } }],
  },
  { service: 'auth', method: 'GET', path: '/api/auth/keys' },
  {
    service: 'auth',
    method: 'DELETE',
    path: '/api/auth/keys/{id}',
    url: `/api/auth/keys/${id}`,
    cases: [{ fakes: { revoke: async () => false } }],
  },
  {
    service: 'auth',
    method: 'POST',
    path: '/api/auth/login',
    payload: { email: 'ada@example.com', password },
    cases: [{ fakes: { find: none } }],
  },
  { service: 'auth', method: 'POST', path: '/api/auth/logout' },
  { service: 'auth', method: 'GET', path: '/api/auth/me' },
  { service: 'auth', method: 'POST', path: '/api/auth/verify', payload: { token } },
  { service: 'auth', method: 'POST', path: '/api/auth/verification' },
  {
    service: 'auth',
    method: 'POST',
    path: '/api/auth/password',
    payload: { currentPassword: password, newPassword: password },
    cases: [{ fakes: { find: none } }],
  },
  { service: 'auth', method: 'POST', path: '/api/auth/password/reset', payload: { email: 'ada@example.com' } },
  { service: 'auth', method: 'POST', path: '/api/auth/password/reset/confirm', payload: { token, password } },
  { service: 'auth', method: 'GET', path: '/api/auth/sessions' },
  {
    service: 'auth',
    method: 'DELETE',
    path: '/api/auth/sessions/{id}',
    url: `/api/auth/sessions/${sessionId}`,
    cases: [{ fakes: {} }],
  },
  { service: 'catalog', method: 'GET', path: '/api/flags' },
  { service: 'catalog', method: 'GET', path: '/api/products' },
  {
    service: 'catalog',
    method: 'GET',
    path: '/api/products/{id}',
    url: '/api/products/heat',
    cases: [{ fakes: { find: none } }],
  },
  {
    service: 'images',
    method: 'POST',
    path: '/api/images',
    payload: { contentType: 'image/png' },
    cases: [409, 422].map((status) => ({ fakes: { add: async () => Promise.reject(new Problem(status)) } })),
  },
  {
    service: 'images',
    method: 'GET',
    path: '/api/images/{id}',
    url: `/api/images/${id}`,
    cases: [{ fakes: { find: none } }],
  },
  { service: 'images', method: 'GET', path: '/api/products/{id}/images', url: '/api/products/heat/images' },
  {
    service: 'orders',
    method: 'POST',
    path: '/api/orders',
    payload: { items: [{ productId: 'heat', quantity: 1 }] },
    cases: [
      { fakes: { findPrices: async () => new Map(), place: (_request, work: () => unknown) => work() } },
      { fakes: { findPrices: async () => new Map(), place: async () => Promise.reject(new Problem(409)) } },
    ],
  },
  { service: 'orders', method: 'GET', path: '/api/orders' },
  {
    service: 'orders',
    method: 'GET',
    path: '/api/orders/{id}',
    url: `/api/orders/${id}`,
    cases: [{ fakes: { find: none } }],
  },
  {
    service: 'payments',
    method: 'POST',
    path: '/api/payments',
    payload: order,
    headers: { 'idempotency-key': 'k' },
    cases: [
      { fakes: { findByKey: async () => payment } },
      { fakes: { findByKey: none, findOrder: none } },
      { fakes: { findByKey: none, findOrder: async () => ({ status: 'paid', totalCents: 1 }) } },
      {
        fakes: {
          findByKey: none,
          findOrder: async () => ({ status: 'pending', totalCents: 1 }),
          open: async ({ requestHash }: { requestHash: string }) => ({ ...payment, requestHash }),
          charge: async () => 'declined',
          settle: async () => ({ ...payment, status: 'declined' }),
        },
      },
    ],
  },
  {
    service: 'sandbox',
    method: 'POST',
    path: '/sandbox/charges',
    headers: { 'idempotency-key': 'k' },
    payload: { amountCents: 1, cardToken: 'tok_declined' },
    cases: [{ fakes: { decide: charge('declined') } }, { fakes: { decide: charge('voided') } }],
  },
  {
    service: 'sandbox',
    method: 'GET',
    path: '/sandbox/charges/{key}',
    url: '/sandbox/charges/k',
    cases: [{ fakes: { find: none } }],
  },
  { service: 'sandbox', method: 'POST', path: '/sandbox/charges/{key}/void', url: '/sandbox/charges/k/void' },
];

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: Record<string, unknown>[] }>>;
  components?: { securitySchemes?: Record<string, unknown> };
}

const documentOf = async (service: keyof typeof services): Promise<Document> =>
  (await services[service]({}, memoryRedis()).inject(`/api/${service}/openapi.json`)).json();

/** Fakes of which every call fails. */
function failing(error: Error): Parts {
  const fail = async () => {
    throw error;
  };
  return new Proxy({}, { get: () => fail });
}

/** Sends one request that is valid except for `more`, to a service with these fakes. Returns the status. */
async function statusOf(
  { service, method, path, url = path, headers, payload }: Operation,
  fakes: Parts,
  {
    signedIn = true,
    redis = memoryRedis(),
    ...more
  }: Partial<InjectOptions> & { signedIn?: boolean; redis?: SessionRedis } = {},
): Promise<number> {
  const app: App = services[service](fakes, redis);
  const usesSessions = service !== 'catalog' && service !== 'sandbox';
  const cookie = signedIn && usesSessions ? await allowSignIn(app)({ id: '1', email: 'ada@example.com' }) : '';
  const response = await app.inject({
    method,
    url,
    ...(payload && { payload }),
    ...more,
    headers: {
      ...headers,
      cookie,
      ...(service === 'sandbox' && signedIn && { authorization: 'Bearer k' }),
      ...more.headers,
    },
  });
  return response.statusCode;
}

const withoutRedis = (): SessionRedis => ({
  ...memoryRedis(),
  getex: () => Promise.reject(new Error('Redis is down')),
});

/** Returns the statuses of all errors that requests to an operation cause. */
async function observedErrors(operation: Operation): Promise<number[]> {
  const { url = operation.path, cases = [], method } = operation;
  const down = failing(new DependencyError('The database'));
  const body = (type: string, payload: string) => ({ payload, headers: { 'content-type': type } });
  const statuses = [
    await statusOf(operation, down),
    await statusOf(operation, failing(new DependencyError('The database', { timedOut: true }))),
    await statusOf(operation, down, { redis: withoutRedis() }),
    await statusOf(operation, down, { signedIn: false }),
    await statusOf(operation, down, { headers: { 'cloudfront-viewer-address': '198.51.100.1:1' } }),
    await statusOf(operation, down, { url: `${url}?nope=1` }),
    ...(method === 'GET'
      ? []
      : [
          await statusOf(operation, down, { headers: { 'sec-fetch-site': 'cross-site' } }),
          await statusOf(operation, down, body('text/xml', '<x/>')),
          await statusOf(operation, down, body('application/json', JSON.stringify('x'.repeat(70_000)))),
        ]),
  ];
  for (const { fakes, ...more } of cases) statuses.push(await statusOf(operation, fakes, more));
  return [...new Set(statuses)].filter((status) => status >= 400).toSorted((a, b) => a - b);
}

test.each(operations)(
  '$method $path responds with the errors that the document of $service declares',
  async (operation) => {
    const { responses } = (await documentOf(operation.service)).paths[operation.path]![operation.method.toLowerCase()]!;
    const declared = Object.keys(responses)
      .map(Number)
      .filter((status) => status >= 400);
    // A request with an incomplete body takes a socket; server.ts responds with 408 for every route.
    const withoutBody = declared.filter((status) => status !== 408);
    expect(await observedErrors(operation)).toEqual(withoutBody);
    expect(declared.includes(408)).toBe(operation.method !== 'GET');
  },
);

test.each(Object.keys(services) as (keyof typeof services)[])(
  'all operations of %s are compared, and those that need a session or a key say so',
  async (service) => {
    const { paths, components } = await documentOf(service);
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses, security }]) => ({
        name: `${method.toUpperCase()} ${path}`,
        isSecured: responses['401'] !== undefined && path !== '/api/auth/login',
        schemes: (security ?? []).flatMap((alternative) => Object.keys(alternative)),
      })),
    );
    const known = operations.filter((operation) => operation.service === service);
    expect(documented.map(({ name }) => name).toSorted()).toEqual(
      [...known.map(({ method, path }) => `${method} ${path}`), 'GET /api/health'].toSorted(),
    );
    const scheme = service === 'sandbox' ? 'key' : 'session';
    for (const { name, isSecured, schemes } of documented)
      expect([name, schemes.filter((each) => each !== 'apiKey')]).toEqual([name, isSecured ? [scheme] : []]);
    const used = documented.flatMap(({ schemes }) => schemes);
    expect(Object.keys(components?.securitySchemes ?? {}).toSorted()).toEqual([...new Set(used)].toSorted());
  },
);

test.each(operations.filter(({ service }) => service !== 'catalog' && service !== 'sandbox'))(
  '$method $path of $service takes an API key if its document says so',
  async (operation) => {
    const { security = [] } = (await documentOf(operation.service)).paths[operation.path]![
      operation.method.toLowerCase()
    ]!;
    const down = failing(new DependencyError('The database'));
    const status = await statusOf(operation, down, { signedIn: false, headers: { 'x-api-key': 'k' } });
    const isForSessions = security.length > 0 && !security.some((each) => 'apiKey' in each);
    expect(status === 401).toBe(isForSessions);
  },
);
