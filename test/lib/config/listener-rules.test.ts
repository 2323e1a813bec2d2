import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { listenerRules } from '../../../lib/config/listener-rules.ts';
import { relate } from '../../../lib/config/path-patterns.ts';
import { system } from '../../../lib/system.ts';
import type { ServiceDefinition } from '../../../lib/system.ts';

const service = (name: string, ...paths: string[]): ServiceDefinition => ({ kind: 'service', name, paths });
const idsAndPriorities = (definitions: readonly ServiceDefinition[]): Map<string, number> =>
  new Map([...listenerRules(definitions).values()].flat().map(({ id, priority }) => [id, priority]));

test('a service has one rule for every five paths', () => {
  const paths = Array.from({ length: 7 }, (_, index) => `/api/example/${index}`);
  const rules = listenerRules([
    service('example', '/api/example/*'),
    service('many', ...paths.map((path) => `${path}/x`)),
  ]);
  expect(rules.get('example')).toHaveLength(1);
  const many = rules.get('many')!;
  expect(many.map((rule) => rule.paths.length)).toEqual([5, 2, 1]);
  expect(new Set(many.map(({ priority }) => priority)).size).toBe(3);
});

test('the more specific rule is evaluated first', () => {
  const rules = listenerRules([
    service('catalog', '/api/products/*', '/api/products'),
    service('reviews', '/api/products/*/reviews', '/api/reviews/*'),
    service('top', '/api/products/top/reviews', '/api/top/*'),
  ]);
  const priorityFor = (name: string, path: string): number =>
    rules.get(name)!.find(({ paths }) => paths.includes(path))!.priority;
  expect(priorityFor('reviews', '/api/products/*/reviews')).toBeLessThan(priorityFor('catalog', '/api/products/*'));
  expect(priorityFor('top', '/api/products/top/reviews')).toBeLessThan(
    priorityFor('reviews', '/api/products/*/reviews'),
  );
});

test('a service in the middle of the table, also one with a more specific path, moves no rule of another', () => {
  const added = service('example', '/api/products/*/example', '/api/example/*');
  const before = idsAndPriorities(system);
  const after = idsAndPriorities([...system.slice(0, 2), added, ...system.slice(2)]);
  expect([...after].filter(([id]) => !id.startsWith('example'))).toEqual([...before]);
});

test('a service that covers a path of another moves that path, and no other, to a new rule', () => {
  const before = idsAndPriorities(system);
  const after = idsAndPriorities([...system, service('files', '/sandbox*', '/api/files/*')]);
  expect([...after.keys()].filter((id) => !before.has(id))).toEqual(['sandbox-level1', 'files']);
  expect([...after].filter(([id]) => before.has(id))).toEqual([...before]);
});

test('in any table without crossing paths, the lowest priority has the service with the most specific pattern', () => {
  const segment = fc.constantFrom('a', 'b', '*', '?');
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
  const routes = fc.uniqueArray(fc.record({ name: fc.constantFrom('one', 'two', 'three'), path }), {
    maxLength: 8,
    comparator: (one, other) => ['same', 'crossing'].includes(relate(one.path, other.path)),
  });
  fc.assert(
    fc.property(routes, fc.stringMatching(/^(\/[abc]{1,2}){1,3}$/), (given, requested) => {
      const byName = Map.groupBy(given, ({ name }) => name);
      const rules = listenerRules(Array.from(byName, ([name, own]) => service(name, ...own.map((one) => one.path))));
      const first = [...rules]
        .flatMap(([name, own]) => own.map((rule) => ({ name, ...rule })))
        .toSorted((one, other) => one.priority - other.priority)
        .find(({ paths }) => paths.some((pattern) => matches(pattern, requested)));
      const [narrowest] = given
        .filter((one) => matches(one.path, requested))
        .toSorted((one, other) => (relate(one.path, other.path) === 'narrower' ? -1 : 1));
      expect(first?.name).toBe(narrowest?.name);
    }),
    { numRuns: 300 },
  );
});

const matches = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`).test(path);
