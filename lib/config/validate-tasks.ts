import type { ServiceDefinition } from '../system.ts';
import type { TaskProps } from './environment-props.ts';
import { tasksOf } from './environment.ts';
import type { Environment } from './environment.ts';
import { cpuFault, memoryFault } from './fargate-sizes.ts';

/**
 * Returns the faults in the tasks of all services and workers. Each names the setting that holds for the service: its own,
 * or that of the environment, whose fault is returned once.
 */
export const tasksFaults = (environment: Environment, definitions: readonly ServiceDefinition[]): string[] => [
  ...new Set(definitions.flatMap((definition) => Array.from(faultsOf(environment, definition)))),
];

function* faultsOf(environment: Environment, { kind, name }: ServiceDefinition): Generator<string> {
  const tasks = tasksOf(environment, name);
  const at = (key: keyof TaskProps): string =>
    environment.services[name]?.[key] === undefined ? `tasks.${key}` : `services.${name}.${key}`;
  const is = (key: keyof TaskProps): string => `${at(key)} is ${tasks[key]}`;

  const { min, max, cpu, memoryMiB, stickinessSeconds } = tasks;
  if (!isBetween(min, kind === 'service' ? 2 : 1, 5000))
    yield `${is('min')}: a service has 2 to 5000 tasks, a worker 1 to 5000`;
  if (!isBetween(max, 1, 5000)) yield `${is('max')}: ECS takes 1 to 5000`;
  else if (isBetween(min, 1, 5000) && min > max) yield `${is('min')}, but ${is('max')}: scaling needs min up to max`;
  const wrongCpu = cpuFault(cpu);
  if (wrongCpu) yield `${is('cpu')}: ${wrongCpu}`;
  const wrongMemory = memoryFault(memoryMiB, cpu);
  if (wrongMemory) yield `${is('memoryMiB')}, but ${is('cpu')}: for that ${wrongMemory}`;
  if (!isBetween(tasks.cpuPercent, 1, 100)) yield `${is('cpuPercent')}: give 1 to 100`;
  if (!(tasks.requestsPerMinute > 0)) yield `${is('requestsPerMinute')}: give more than 0`;
  if (!(tasks.backlogPerTask > 0)) yield `${is('backlogPerTask')}: give more than 0`;
  if (!(tasks.p99Ms > 0)) yield `${is('p99Ms')}: give more than 0`;
  if (!isBetween(tasks.deregistrationSeconds, 0, 3600)) yield `${is('deregistrationSeconds')}: ALB takes 0 to 3600`;
  if (stickinessSeconds !== undefined && !isBetween(stickinessSeconds, 1, 604_800))
    yield `${is('stickinessSeconds')}: ALB takes 1 to 604800; leave it out for none`;
}

export const isBetween = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
