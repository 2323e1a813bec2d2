import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { declareOnly } from '../../kernel/resource.ts';
import { parameterGroup, type ParameterGroups } from './parameter-group.ts';
import { replicationGroup } from './replication-group.ts';

/** ElastiCache: one Redis or Valkey server per replication group. Its data is in `.headroom/redis`. */
export function elasticache(host: Host) {
  const parameterGroups: ParameterGroups = new Handles('cache parameter group');
  return {
    definitions: [
      replicationGroup(host, parameterGroups),
      parameterGroup(parameterGroups),
      declareOnly('AWS::ElastiCache::SubnetGroup', 'elasticache:subnetgroup', 'A laptop has no subnets.'),
    ],
  };
}
