import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../bundle.ts';
import { folderOf, definitionsFor } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { Environment } from './environment.ts';
import { deepestLevel, levelOf, listenerRules, routesIn } from './listener-rules.ts';
import type { Route } from './listener-rules.ts';
import { relate } from './path-patterns.ts';
import { uploadsFaults } from './validate-uploads.ts';

/** What is wrong with the table, as it stands in one environment. */
export function systemFaults(
  system: readonly ServiceDefinition[],
  environment: Pick<Environment, 'sandbox'>,
): string[] {
  const rows = definitionsFor(system, environment);
  return [
    ...rows.flatMap((row, index) => Array.from(rowFaults(row, rows.slice(0, index)))),
    ...eventFaults(rows),
    ...callFaults(rows),
    ...uploadsFaults(rows),
    ...pathFaults(routesIn(rows)),
    ...priorityFaults(rows),
  ];
}

function* rowFaults(row: ServiceDefinition, before: readonly ServiceDefinition[]): Generator<string> {
  const { kind, name, queue } = row;
  const migrations = `${folderOf(row)}/migrations`;
  if (!/^[a-z][a-z0-9]{0,29}$/.test(name)) {
    yield `${kind} "${name}": a name is up to 30 lower-case letters and digits, since it also names a database role`;
  }
  if (before.some((other) => other.name === name)) yield `"${name}" is in the table twice`;
  if (!existsSync(join(root, folderOf(row), 'main.ts')))
    yield `${kind} ${name} has no ${folderOf(row)}/main.ts: write it`;
  if (row.database && !hasMigrations(migrations))
    yield `${kind} ${name} has a database and no ${migrations}/*.sql: write its tables there, or drop \`database\``;
  if (!row.database && hasMigrations(migrations))
    yield `${kind} ${name} has ${migrations}, which nobody runs: give it \`database: true\``;
  if (row.publishes?.length && !row.database)
    yield `${kind} ${name} publishes, and has no database for the events to wait in: give it \`database: true\``;
  if (kind === 'worker' && !row.receives?.length && !row.watches?.length)
    yield `worker ${name} receives no event: give it \`receives\` or \`watches\``;
  if (kind === 'service' && row.paths.length === 0)
    yield `service ${name} has no path: give it \`paths\`, or make it a worker`;
  if (!queue) return;
  if (!row.receives?.length && !row.watches?.length)
    yield `queue "${name}" has no worker: ${name} receives no event, so drop \`queue\` or give it \`receives\``;
  const { visibilityTimeoutSeconds: seconds = 60, maxReceives = 5 } = queue;
  if (seconds < 1 || seconds > 43_200)
    yield `queue ${name}: visibilityTimeoutSeconds is ${seconds}, SQS takes 1 to 43200`;
  if (maxReceives < 1 || maxReceives > 1000) yield `queue ${name}: maxReceives is ${maxReceives}, SQS takes 1 to 1000`;
}

function hasMigrations(folder: string): boolean {
  const path = join(root, folder);
  return existsSync(path) && readdirSync(path).some((file) => file.endsWith('.sql'));
}

function* eventFaults(rows: readonly ServiceDefinition[]): Generator<string> {
  const published = new Set(rows.flatMap(({ publishes = [] }) => publishes));
  const received = new Set(rows.flatMap(({ receives = [] }) => receives));
  for (const { name, publishes = [], receives = [] } of rows) {
    for (const type of publishes) {
      if (!received.has(type)) yield `${name} publishes "${type}", which nobody receives: no queue, no worker`;
    }
    for (const type of receives) {
      if (!published.has(type)) yield `${name} receives "${type}", which nobody publishes`;
    }
  }
}

function* callFaults(rows: readonly ServiceDefinition[]): Generator<string> {
  for (const { name, calls = [] } of rows) {
    for (const called of calls) {
      const callee = rows.find((row) => row.name === called);
      if (callee?.kind !== 'service')
        yield `${name} calls "${called}", which is ${callee ? 'a worker' : 'not in the table'}`;
    }
  }
}

function* pathFaults(routes: readonly Route[]): Generator<string> {
  for (const [index, route] of routes.entries()) {
    const { service, path } = route;
    if (!/^\/[\w\-.$/~"'@:+&*?]{0,127}$/.test(path)) yield `${service}: path "${path}" is not one that ALB rules take`;
    if (levelOf(route, routes) > deepestLevel)
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
