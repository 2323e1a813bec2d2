import type { ServiceDefinition } from '../system.ts';
import { tasksOf } from './environment.ts';
import type { Environment } from './environment.ts';
import { memoryGiBOf } from './instance-memory.ts';
import { instanceTypeFault, rdsInstanceTypes } from './instance-types.ts';
import { isBetween } from './validate-tasks.ts';

/** The migrate function has one for its lock and one for its work. */
const migrations = 2;
/** For PostgreSQL's own `superuser_reserved_connections` (3), for RDS, and for people. */
const reserved = 10;
/** While they deploy, services and workers run up to 200 percent of their tasks. */
const deploying = 2;

/** Returns how many connections, in percent of all, a proxy may use: those that nobody else needs. */
export const proxyPercent = (maxConnections: number): number =>
  Math.max(1, Math.floor(100 - (100 * (migrations + reserved)) / maxConnections));

/**
 * Returns the faults in the number of connections to the database: more than the instance class has memory for, or fewer
 * than all tasks open.
 */
export function* connectionFaults(
  environment: Environment,
  definitions: readonly ServiceDefinition[],
): Generator<string> {
  const { instanceType, maxConnections, poolSize, proxy, replicas } = environment.database;
  if (!isBetween(poolSize, 1, 100)) yield `database.poolSize is ${poolSize}: give 1 to 100`;
  if (!isBetween(maxConnections, 1, 5000)) yield `database.maxConnections is ${maxConnections}: give 1 to 5000`;
  // Reported elsewhere.
  if (instanceTypeFault(instanceType, '', rdsInstanceTypes)) return;
  const limit = mostConnections(instanceType);
  if (maxConnections > limit)
    yield `database.maxConnections is ${maxConnections}, but ${instanceType} has memory for ${limit}: lower it, or choose a larger database.instanceType`;

  const users = [...new Set(definitions.filter(({ database }) => database).map(({ name }) => name))];
  const most = users.map((name) => tasksOf(environment, name).max);
  if (!most.every((max) => isBetween(max, 1, 5000))) return;
  const tasks = most.reduce((sum, max) => sum + max, 0);
  // Behind a proxy only replicas have to take the connections of all tasks; migrations connect to the primary alone.
  if (proxy && replicas === 0) return;
  const [server, others] = proxy ? ['a replica', ''] : ['the primary', `${migrations} of the migrations `];
  const needed = deploying * tasks * poolSize + (proxy ? 0 : migrations) + reserved;
  if (needed > maxConnections) {
    const remedy = proxy ? '' : ', set database.proxy';
    yield `database.maxConnections is ${maxConnections}, but ${server} needs up to ${needed}: ${tasks} tasks of ${users.join(', ')} (tasks.max, services.<name>.max), twice as many during a deployment, each with ${poolSize} (database.poolSize), ${others}and ${reserved} reserved. Lower one of these${remedy}, or raise database.maxConnections; ${instanceType} has memory for ${limit}`;
  }
}

/**
 * RDS's default for `max_connections` is LEAST({DBInstanceClassMemory/9531392},5000); the variable is the memory in bytes
 * less what the operating system and RDS need, of which AWS states no number: 256 MiB fits values that were observed (198
 * for 2 GiB, 413 for 4, 856 for 8).
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html#USER_FormulaVariables
 * @see https://gist.github.com/guizmaii/1cacffef793c2ba9645083c3e18b3d8c
 */
const mostConnections = (instanceType: string): number =>
  Math.min(5000, Math.floor(((memoryGiBOf(instanceType) - 0.25) * 1024 ** 3) / 9_531_392));
