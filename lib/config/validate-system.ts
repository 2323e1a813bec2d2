import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../root.ts';
import { mediaPattern } from '../edge-paths.ts';
import { definitionsFor, folderOf, usesRedis } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { Environment } from './environment.ts';
import { deepestLevel, levelsOf, listenerRules, routesIn } from './listener-rules.ts';
import type { Route } from './listener-rules.ts';
import { relate } from './path-patterns.ts';
import { nearest } from './suggest.ts';
import { storedFaults } from './validate-stored.ts';
import { isBetween } from './validate-tasks.ts';
import { uploadsFaults } from './validate-uploads.ts';

/** Returns what contradicts itself in the table, or with the files of the services, in one environment. */
export function systemFaults(
  system: readonly ServiceDefinition[],
  environment: Pick<Environment, 'sandbox'>,
): string[] {
  const definitions = definitionsFor(system, environment);
  return [
    ...definitions.flatMap((definition, index) => Array.from(ownFaults(definition, definitions.slice(0, index)))),
    ...definitions.flatMap((definition) => Array.from(queueFaults(definition))),
    ...eventFaults(definitions),
    ...callFaults(definitions),
    ...uploadsFaults(definitions),
    ...pathFaults(routesIn(definitions)),
    ...storedFaults(definitions),
    ...priorityFaults(definitions),
  ];
}

function* ownFaults(definition: ServiceDefinition, before: readonly ServiceDefinition[]): Generator<string> {
  const { kind, name } = definition;
  const folder = folderOf(definition);
  const migrations = `${folder}/migrations`;
  if (!/^[a-z][a-z0-9]{0,29}$/.test(name))
    yield `${kind} "${name}": a name is up to 30 lower-case letters and digits, since it also names a database role`;
  if (before.some((other) => other.name === name)) yield `"${name}" is in the table twice`;
  if (!existsSync(join(root, folder, 'main.ts'))) yield `${kind} ${name} has no ${folder}/main.ts: write it`;
  if (definition.database && !hasMigrations(migrations))
    yield `${kind} ${name} has a database and no ${migrations}/*.sql: write its tables there, or drop \`database\``;
  if (!definition.database && hasMigrations(migrations))
    yield `${kind} ${name} has ${migrations}, which never run: give it \`database: true\``;
  if (definition.publishes?.length && !definition.database)
    yield `${kind} ${name} publishes, and has no database for the outbox: give it \`database: true\``;
  if ((usesRedis(definition) || definition.cache) && name === 'default')
    yield `${kind} ${name} uses Redis, and "default" is a user that Redis has already: rename the ${kind}`;
  if (definition.sandboxProvider && definition.condition !== 'sandbox')
    yield `${kind} ${name} is the sandbox provider without \`condition: 'sandbox'\`: elsewhere it would get the key of the real provider`;
  if (kind === 'service' && definition.paths.length === 0)
    yield `service ${name} has no path: give it \`paths\`, or make it a worker`;
}

function* queueFaults({ kind, name, queue, receives, watches, mail }: ServiceDefinition): Generator<string> {
  const isFed = receives?.length || watches?.length;
  if (kind === 'worker' && !isFed) yield `worker ${name} receives no event: give it \`receives\` or \`watches\``;
  else if (mail && !receives?.length)
    yield `${name} sends mail, and has no queue for the bounces that SES reports with its events: give it \`receives\``;
  if (!queue) return;
  if (!isFed) yield `${name} has settings for a queue, but receives no event: drop \`queue\` or give it \`receives\``;
  const { visibilityTimeoutSeconds: seconds = 60, maxReceives = 100 } = queue;
  if (!isBetween(seconds, 1, 43_200))
    yield `${name}.queue.visibilityTimeoutSeconds is ${seconds}: SQS takes 1 to 43200`;
  if (!isBetween(maxReceives, 1, 1000)) yield `${name}.queue.maxReceives is ${maxReceives}: SQS takes 1 to 1000`;
}

function hasMigrations(folder: string): boolean {
  const path = join(root, folder);
  return existsSync(path) && readdirSync(path).some((file) => file.endsWith('.sql'));
}

function* eventFaults(definitions: readonly ServiceDefinition[]): Generator<string> {
  const published = new Set(definitions.flatMap(({ publishes = [] }) => publishes));
  const received = new Set(definitions.flatMap(({ receives = [] }) => receives));
  for (const { name, publishes = [], receives = [] } of definitions) {
    for (const type of publishes) {
      if (!received.has(type)) yield `${name} publishes "${type}", which no service or worker receives`;
    }
    for (const type of receives) {
      if (!published.has(type)) yield `${name} receives "${type}", which no service or worker publishes`;
    }
  }
}

function* callFaults(definitions: readonly ServiceDefinition[]): Generator<string> {
  const services = definitions.filter(({ kind }) => kind === 'service').map(({ name }) => name);
  for (const { name, calls = [] } of definitions) {
    for (const called of calls) {
      const callee = definitions.find((definition) => definition.name === called);
      const meant = nearest(called, services);
      if (callee?.kind === 'worker') yield `${name} calls "${called}", which is a worker`;
      else if (!callee)
        yield `${name} calls "${called}", which is not in the table${meant ? `: did you mean "${meant}"?` : ''}`;
    }
  }
}

function* pathFaults(routes: readonly Route[]): Generator<string> {
  const levels = levelsOf(routes);
  for (const [index, route] of routes.entries()) {
    const { service, path } = route;
    if (!/^\/[\w\-.$/~"'@:+&*?]{0,127}$/.test(path))
      yield `${service}: path "${path}" is not a path pattern of ALB: give / and up to 127 letters, digits or _-.$/~"'@:+&*?`;
    if (['same', 'narrower'].includes(relate(path, mediaPattern)))
      yield `path "${path}" of ${service} is within ${mediaPattern}, where the CDN serves the uploads bucket: choose another`;
    if ((levels.get(route) ?? 0) > deepestLevel)
      yield `path "${path}" of ${service} is within those of more than ${deepestLevel} other services: priorities run out`;
    for (const other of routes.slice(0, index)) {
      const relation = relate(path, other.path);
      if (other.path === path || (relation === 'same' && other.service !== service))
        yield `path "${path}" is claimed twice, by ${other.service} and ${service}`;
      else if (relation === 'crossing' && other.service !== service)
        yield `path "${path}" of ${service} overlaps "${other.path}" of ${other.service}, and neither is more specific: narrow one of them`;
    }
  }
}

function* priorityFaults(definitions: readonly ServiceDefinition[]): Generator<string> {
  const taken = new Map<number, string>();
  for (const { id, priority } of [...listenerRules(definitions).values()].flat()) {
    const other = taken.get(priority);
    if (other) yield `the load balancer's rules "${other}" and "${id}" both get priority ${priority}: rename a service`;
    taken.set(priority, id);
  }
}
