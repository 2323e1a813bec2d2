import { expect, test } from '@jest/globals';

import { edgePaths } from '../../lib/edge-paths.ts';
import { system } from '../../lib/system.ts';
import { systemWith } from './config/faults.ts';

test('the shop stores what is the same for everybody, and no health check', () => {
  expect(edgePaths(system)).toEqual([
    { pattern: '/', stored: [] },
    { pattern: '/api/products', stored: ['limit', 'cursor', 'ids', 'q', 'genre', 'sort'] },
    { pattern: '/api/flags', stored: [] },
    { pattern: '/api/products/*/images', stored: ['limit', 'cursor'] },
    { pattern: '/api/products/*', stored: [] },
  ]);
});

test('a path within a stored pattern is tried first and not stored, of another service and of the same one', () => {
  const other = systemWith('orders', { paths: ['/api/orders', '/api/products/*/orders'] });
  expect(edgePaths(other).map(({ pattern }) => pattern)).toEqual([
    '/',
    '/api/products',
    '/api/flags',
    '/api/products/*/orders',
    '/api/products/*/images',
    '/api/products/*',
  ]);
  const same = systemWith('catalog', {
    paths: ['/', '/api/products/*', '/api/products/mine'],
    stored: { '/api/products/*': [] },
  });
  expect(edgePaths(same)).toEqual([
    { pattern: '/api/products/mine' },
    { pattern: '/api/products/*/images', stored: ['limit', 'cursor'] },
    { pattern: '/api/products/*', stored: [] },
  ]);
});

test('of stored patterns, one within another is tried first', () => {
  const within = systemWith('orders', {
    paths: ['/api/orders', '/api/products/*/orders'],
    stored: { '/api/products/*/orders': ['limit'] },
  });
  const patterns = edgePaths(within).map(({ pattern }) => pattern);
  expect(patterns.indexOf('/api/products/*/orders')).toBeLessThan(patterns.indexOf('/api/products/*'));
});
