import { createHash } from 'node:crypto';

import { routesOf } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import { relate } from './path-patterns.ts';

/**
 * ALB's limit on values in the conditions of one rule.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
 */
const valuesPerRule = 5;

/** A rule of the load balancer's listener. */
export interface ListenerRule {
  readonly id: string;
  /** 1 to 50,000; ALB evaluates the lowest first. */
  readonly priority: number;
  readonly paths: readonly string[];
}

/** A path pattern of a service. */
export interface Route {
  readonly service: string;
  readonly path: string;
}

export const routesIn = (definitions: readonly ServiceDefinition[]): readonly Route[] =>
  definitions
    .filter((definition) => definition.kind === 'service')
    .flatMap((definition) => routesOf(definition).map((path) => ({ service: definition.name, path })));

/**
 * Returns the rules of each service, by its name: one for every five of its paths on a level.
 *
 * Level 0 has the paths that no pattern of another service covers, level 1 those covered by one of level 0, and so on. The
 * priorities of level 0 are 25,001 to 50,000, those of level 1 are 12,501 to 25,000, and so on by halves, so the more
 * specific rule is evaluated first. Paths of one level never overlap, so their order does not matter: within the range a
 * priority is a hash of the rule's id.
 *
 * So a rule of a given id has the same priority whatever else is in the table, and CloudFormation never has to change one;
 * it could not swap two, since it updates rules one by one and ALB refuses a priority that is in use. A new service only
 * moves those paths of others that it covers: to a rule on the next level.
 */
export function listenerRules(definitions: readonly ServiceDefinition[]): ReadonlyMap<string, readonly ListenerRule[]> {
  const routes = routesIn(definitions);
  const levels = levelsOf(routes);
  const byLevel = Map.groupBy(routes, (route) => `${route.service}\n${levels.get(route)}`);
  const rules = Array.from(byLevel, ([key, group]) => {
    const [service = '', level = ''] = key.split('\n');
    return {
      service,
      rules: rulesOfLevel(
        service,
        Number(level),
        group.map(({ path }) => path),
      ),
    };
  });
  return new Map(
    Array.from(
      Map.groupBy(rules, ({ service }) => service),
      ([service, groups]) => [service, groups.flatMap((group) => group.rules)],
    ),
  );
}

/** Returns the level of each route: the length of the longest chain of other services' patterns that each cover the one before. */
export function levelsOf(routes: readonly Route[]): ReadonlyMap<Route, number> {
  const levels = new Map<Route, number>();
  const levelOf = (route: Route): number => {
    const known = levels.get(route);
    if (known !== undefined) return known;
    const wider = routes.filter(
      ({ service, path }) => service !== route.service && relate(route.path, path) === 'narrower',
    );
    const level = Math.max(0, ...wider.map((other) => levelOf(other) + 1));
    levels.set(route, level);
    return level;
  };
  for (const route of routes) levelOf(route);
  return levels;
}

function rulesOfLevel(service: string, level: number, paths: readonly string[]): readonly ListenerRule[] {
  // Names of services have no hyphen, so an id is not the name of another service.
  const name = level === 0 ? service : `${service}-level${level}`;
  return Array.from({ length: Math.ceil(paths.length / valuesPerRule) }, (_, index) => {
    const id = index === 0 ? name : `${name}-${index + 1}`;
    return {
      id,
      priority: priorityOf(id, level),
      paths: paths.slice(index * valuesPerRule, (index + 1) * valuesPerRule),
    };
  });
}

/** Its range has 48 priorities; deeper levels would soon have none. */
export const deepestLevel = 9;

function priorityOf(id: string, level: number): number {
  const size = Math.floor(25_000 / 2 ** level);
  return size + 1 + (createHash('sha256').update(id).digest().readUInt32BE() % size);
}
