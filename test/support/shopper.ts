import { randomInt, randomUUID } from 'node:crypto';

import { sendFrom } from './send-from.ts';

export interface ShopResponse {
  readonly status: number;
  readonly headers: Headers;
  // Untyped: the test asserts what it expects.
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any
}

/**
 * A client that stores cookies and sends JSON, from an address of its own in 127.0.0.0/8: requests are limited by address. The
 * default e-mail address is a new one.
 */
export function createShopper(edge: string, email = `shopper-${randomUUID()}@example.com`) {
  const address = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const password = 'correct horse battery staple';
  const cookies = new Map<string, string>();

  async function send(
    method: string,
    path: string,
    { json, body, headers = {} }: { json?: unknown; body?: string; headers?: Record<string, string> } = {},
  ): Promise<ShopResponse> {
    const payload = json === undefined ? body : JSON.stringify(json);
    const response = await sendFrom(address, edge + path, {
      method,
      payload,
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...headers,
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const { text } = response;
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  const key = (idempotencyKey?: string): Record<string, string> =>
    idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };

  return {
    email,
    send,
    register: () => send('POST', '/api/auth/register', { json: { email, password } }),
    login: () => send('POST', '/api/auth/login', { json: { email, password } }),
    logout: () => send('POST', '/api/auth/logout'),
    me: () => send('GET', '/api/auth/me'),
    products: (query = '') => send('GET', `/api/products${query}`),
    order: (items: { productId: string; quantity: number }[], idempotencyKey?: string) =>
      send('POST', '/api/orders', { json: { items }, headers: key(idempotencyKey) }),
    pay: (orderId: string, cardToken = 'tok_ok', idempotencyKey?: string) =>
      send('POST', '/api/payments', { json: { orderId, cardToken }, headers: key(idempotencyKey) }),
  };
}

export type Shopper = ReturnType<typeof createShopper>;
