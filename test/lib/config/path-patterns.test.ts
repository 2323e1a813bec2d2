import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { relate } from '../../../lib/config/path-patterns.ts';
import type { Relation } from '../../../lib/config/path-patterns.ts';

const reverse = (relation: Relation): Relation =>
  relation === 'narrower' ? 'wider' : relation === 'wider' ? 'narrower' : relation;

test.each<[string, Relation, string]>([
  ['/', 'same', '/'],
  ['/', 'disjoint', '/api'],
  ['/api/orders', 'disjoint', '/api/orders/*'],
  ['/api/orders/7', 'narrower', '/api/orders/*'],
  ['/api/orders/*', 'narrower', '/api/*'],
  ['/api/products/*/reviews', 'narrower', '/api/products/*'],
  ['/api/orders/?', 'narrower', '/api/orders/*'],
  ['/api/*/items', 'crossing', '/api/orders/*'],
  ['/api/v?/orders', 'crossing', '/api/v1/*'],
  ['/api/auth/*', 'disjoint', '/api/payments/*'],
  ['/api/*?', 'same', '/api/?*'],
  ['/api/**', 'same', '/api/*'],
])('%s is %s with %s', (left, relation, right) => {
  expect(relate(left, right)).toBe(relation);
  expect(relate(right, left)).toBe(reverse(relation));
});

test('the relation of two patterns is that of the paths they match', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 4 });
  const paths = texts('abz', 6);
  fc.assert(
    fc.property(pattern, pattern, (left, right) => {
      const matches = [left, right].map((glob) => {
        const expression = new RegExp(`^${glob.replaceAll('?', '.').replaceAll('*', '.*')}$`);
        return paths.map((path) => expression.test(path));
      });
      const some = (inLeft: boolean, inRight: boolean): boolean =>
        paths.some((_, index) => matches[0]![index] === inLeft && matches[1]![index] === inRight);
      const expected = !some(true, true)
        ? 'disjoint'
        : some(true, false)
          ? some(false, true)
            ? 'crossing'
            : 'wider'
          : some(false, true)
            ? 'narrower'
            : 'same';
      expect(relate(left, right)).toBe(expected);
    }),
  );
});

/** All texts of these characters up to a length. */
function texts(characters: string, length: number): string[] {
  if (length === 0) return [''];
  const shorter = texts(characters, length - 1);
  return ['', ...shorter.flatMap((text) => characters.split('').map((character) => character + text))];
}
