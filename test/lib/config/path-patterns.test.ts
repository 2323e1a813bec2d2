import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { overlap } from '../../../lib/config/path-patterns.ts';

test.each([
  ['/', '/', true],
  ['/', '/api', false],
  ['/api/orders', '/api/orders/*', false],
  ['/api/orders/*', '/api/orders/7', true],
  ['/api/*', '/api/orders/*', true],
  ['/api/*/items', '/api/orders/*', true],
  ['/api/v?/orders', '/api/v1/*', true],
  ['/api/auth/*', '/api/payments/*', false],
])('whether %s and %s overlap: %s', (left, right, expected) => {
  expect(overlap(left, right)).toBe(expected);
  expect(overlap(right, left)).toBe(expected);
});

test('two patterns that match one path overlap', () => {
  const segment = fc.constantFrom('a', 'b', '/');
  const path = fc.array(segment, { maxLength: 8 });
  /** A pattern made from a path by putting wildcards in place of some of it. */
  const pattern = (text: readonly string[], holes: readonly number[]): string =>
    text.map((character, index) => [character, '?', '*'][(holes[index] ?? 0) % 3]).join('');
  const holes = fc.array(fc.nat(2), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(path, holes, holes, (text, some, others) => overlap(pattern(text, some), pattern(text, others))),
  );
});
