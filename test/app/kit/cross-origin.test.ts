import { expect, test } from '@jest/globals';
import { createServer } from '../../../app/kit/server.ts';

const app = createServer({ name: 'things' });
app.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], url: '/things', handler: async () => 'done' });

const host = 'shop.example.com';
const statusOf = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', headers: Record<string, string>) =>
  (await app.inject({ method, url: '/things', headers: { host, ...headers } })).statusCode;

test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
  'a %s from a page of another site is refused',
  async (method) => {
    const response = await app.inject({ method, url: '/things', headers: { host, 'sec-fetch-site': 'cross-site' } });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({
      title: 'Forbidden',
      detail: 'The request comes from a page of another origin.',
    });
  },
);

test.each<[string, Record<string, string>]>([
  ['of a subdomain', { 'sec-fetch-site': 'same-site' }],
  ['of another origin, whatever Origin it claims', { 'sec-fetch-site': 'cross-site', origin: `https://${host}` }],
  ['of another host, in a browser without Sec-Fetch-Site', { origin: 'https://evil.example.com' }],
  ['of another port, in a browser without Sec-Fetch-Site', { origin: `http://${host}:8081` }],
  ['in a sandboxed frame', { origin: 'null' }],
])('a POST from a page %s is refused', async (_, headers) => {
  expect(await statusOf('POST', headers)).toBe(403);
});

test.each<[string, Record<string, string>]>([
  ['a page of the same origin', { 'sec-fetch-site': 'same-origin', origin: `https://${host}` }],
  ['a bookmark or the address bar', { 'sec-fetch-site': 'none' }],
  ['a page of the same host, in a browser without Sec-Fetch-Site', { origin: `http://${host}` }],
  ['a client that is no browser', {}],
])('a POST from %s is served', async (_, headers) => {
  expect(await statusOf('POST', headers)).toBe(200);
});

test('a link on another site works', async () => {
  expect(await statusOf('GET', { 'sec-fetch-site': 'cross-site' })).toBe(200);
});
