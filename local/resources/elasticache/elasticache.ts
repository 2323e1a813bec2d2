import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { declareOnly } from '../../kernel/resource.ts';
import { parameterGroup, type ParameterGroups } from './parameter-group.ts';
import { replicationGroup } from './replication-group.ts';
import { createUsers, user, userGroup } from './users.ts';

/** ElastiCache: one Redis or Valkey server per replication group. Its data is in `.headroom/redis`. */
export function elasticache(host: Host) {
  const parameterGroups: ParameterGroups = new Handles('cache parameter group');
  const users = createUsers();
  return {
    definitions: [
      replicationGroup(host, parameterGroups, users),
      user(host, users),
      userGroup(host, users),
      parameterGroup(parameterGroups),
      declareOnly('AWS::ElastiCache::SubnetGroup', 'elasticache:subnetgroup', 'A laptop has no subnets.'),
    ],
  };
}
