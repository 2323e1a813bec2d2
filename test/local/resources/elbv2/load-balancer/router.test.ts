import { expect, test } from '@jest/globals';
import type { Condition, RoutedRequest } from '../../../../../local/resources/elbv2/load-balancer/conditions.ts';
import { createRouter } from '../../../../../local/resources/elbv2/load-balancer/router.ts';

const client = (address: string) => ({ address, port: 50_000 });
const request = (more: Partial<RoutedRequest> = {}): RoutedRequest => ({
  method: 'GET',
  url: '/',
  headers: [],
  client: client('127.0.0.1'),
  ...more,
});

const holds = (condition: Condition, of: Partial<RoutedRequest>): boolean => {
  const router = createRouter('default');
  router.set('rule 1', { priority: 1, conditions: [condition], action: 'rule' });
  return router.route(request(of)) === 'rule';
};

test('the rule with the lowest priority decides, in whatever order rules were added', () => {
  const router = createRouter('default');
  const path = (pattern: string): Condition[] => [{ field: 'path-pattern', values: [pattern] }];
  router.set('rule 2', { priority: 20, conditions: path('/api/*'), action: 'api' });
  router.set('rule 3', { priority: 10, conditions: path('/api/orders*'), action: 'orders' });
  expect(router.route(request({ url: '/api/orders/1' }))).toBe('orders');
  expect(router.route(request({ url: '/api/products' }))).toBe('api');
  expect(router.route(request({ url: '/elsewhere' }))).toBe('default');
});

test('two rules of one priority are refused', () => {
  const router = createRouter('default');
  router.set('rule 4', { priority: 1, conditions: [], action: 'a' });
  expect(() => router.set('rule 5', { priority: 1, conditions: [], action: 'b' })).toThrow('priority 1');
});

test('a rule is replaced by its id, also with another priority, and removed', () => {
  const router = createRouter('default');
  router.set('a', { priority: 1, conditions: [], action: 'first' });
  router.set('b', { priority: 2, conditions: [], action: 'second' });
  router.set('a', { priority: 3, conditions: [], action: 'changed' });
  expect(router.route(request())).toBe('second');
  router.delete('b');
  expect(router.route(request())).toBe('changed');
  router.delete('a');
  router.setDefault('other default');
  expect(router.route(request())).toBe('other default');
});

test('all conditions of a rule must hold, one value of each is enough', () => {
  const router = createRouter('default');
  router.set('rule 6', {
    priority: 1,
    conditions: [
      { field: 'path-pattern', values: ['/a', '/b'] },
      { field: 'http-request-method', values: ['POST', 'PUT'] },
    ],
    action: 'rule',
  });
  expect(router.route(request({ url: '/b', method: 'PUT' }))).toBe('rule');
  expect(router.route(request({ url: '/b', method: 'GET' }))).toBe('default');
});

test('a path is compared with case and without its query', () => {
  const orders: Condition = { field: 'path-pattern', values: ['/orders'] };
  expect(holds(orders, { url: '/orders?page=2' })).toBe(true);
  expect(holds(orders, { url: '/Orders' })).toBe(false);
  expect(holds(orders, { url: '/?x=/orders' })).toBe(false);
});

test('a host is compared without case and port', () => {
  const host: Condition = { field: 'host-header', values: ['*.example.com'] };
  expect(holds(host, { headers: ['Host', 'API.Example.com:8080'] })).toBe(true);
  expect(holds(host, { headers: ['Host', 'example.org'] })).toBe(false);
  expect(holds(host, {})).toBe(false);
});

test('a header is compared without case', () => {
  const chrome: Condition = { field: 'http-header', name: 'User-Agent', values: ['*Chrome*'] };
  expect(holds(chrome, { headers: ['User-Agent', 'Mozilla chrome/130'] })).toBe(true);
  expect(holds(chrome, { headers: ['User-Agent', 'curl'] })).toBe(false);
});

test('a method is compared with case', () => {
  expect(holds({ field: 'http-request-method', values: ['POST'] }, { method: 'POST' })).toBe(true);
  expect(holds({ field: 'http-request-method', values: ['post'] }, { method: 'POST' })).toBe(false);
});

test('a query string is compared by key and value, or by any value', () => {
  const version: Condition = { field: 'query-string', values: [{ key: 'version', value: 'v1' }] };
  expect(holds(version, { url: '/?a=b&Version=V1' })).toBe(true);
  expect(holds(version, { url: '/?version=v2' })).toBe(false);
  expect(holds({ field: 'query-string', values: [{ value: '*beta*' }] }, { url: '/?x=mybeta1' })).toBe(true);
  expect(holds({ field: 'query-string', values: [{ value: '*' }] }, { url: '/' })).toBe(false);
});

test('a repeated header matches by any of its values', () => {
  const condition: Condition = { field: 'http-header', name: 'X-Variant', values: ['b'] };
  expect(holds(condition, { headers: ['X-Variant', 'a', 'X-Variant', 'b'] })).toBe(true);
});

test('a source address is that of the connection, not of X-Forwarded-For', () => {
  const block: Condition = { field: 'source-ip', values: ['10.0.0.0/8', '2001:db8::/32'] };
  expect(holds(block, { client: client('10.1.2.3') })).toBe(true);
  expect(holds(block, { client: client('2001:db8::1') })).toBe(true);
  expect(holds(block, { client: client('127.0.0.1'), headers: ['X-Forwarded-For', '10.1.2.3'] })).toBe(false);
});
