import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { declareOnly } from '../../kernel/resource.ts';
import type { Database } from './database.ts';
import { databaseInstance } from './db-instance.ts';
import { databaseProxy, databaseProxyTargetGroup } from './db-proxy.ts';
import { parameterGroup, type ParameterGroups } from './parameter-group.ts';

/** RDS for PostgreSQL: servers with streaming replicas. Their data is in `.headroom/postgres`. */
export function rds(host: Host) {
  /** By instance identifier. */
  const databases = new Handles<Database>('database instance');
  const parameterGroups: ParameterGroups = new Handles('database parameter group');
  return {
    databases,
    definitions: [
      databaseInstance(host, databases, parameterGroups),
      parameterGroup(parameterGroups),
      databaseProxy(host),
      databaseProxyTargetGroup(host, databases),
      declareOnly('AWS::RDS::DBSubnetGroup', 'rds:subgrp', 'A laptop has no subnets.'),
    ],
  };
}
