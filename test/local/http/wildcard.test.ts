import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileWildcard } from '../../../local/http/wildcard.ts';

test('a star is any run of characters and a question mark exactly one', () => {
  const matches = compileWildcard('/api/*/item?');
  expect(matches('/api/orders/items')).toBe(true);
  expect(matches('/api//item1')).toBe(true);
  expect(matches('/api/a/b/item1')).toBe(true);
  expect(matches('/api/orders/item')).toBe(false);
  expect(matches('/API/orders/items')).toBe(false);
});

test('`/api/orders/*` leaves out `/api/orders` itself', () => {
  expect(compileWildcard('/api/orders/*')('/api/orders')).toBe(false);
  expect(compileWildcard('/api/orders/*')('/api/orders/')).toBe(true);
});

test('a backslash makes a wildcard literal', () => {
  expect(compileWildcard('a\\*b')('a*b')).toBe(true);
  expect(compileWildcard('a\\*b')('axb')).toBe(false);
});

test('any pattern agrees with the regular expression it stands for', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '+'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '+', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, candidate) => {
      const source = glob.replaceAll(/[.+]/g, '\\$&').replaceAll('*', '[^]*').replaceAll('?', '[^]');
      expect(compileWildcard(glob)(candidate)).toBe(new RegExp(`^${source}$`).test(candidate));
    }),
  );
});

test('a path cannot make a pattern slow', () => {
  const startedAt = performance.now();
  expect(compileWildcard('*a*a*a*a*b')('a'.repeat(16_000))).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
