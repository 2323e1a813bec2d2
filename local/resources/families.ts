import type { Host } from '../host/host.ts';
import type { FetchSecret } from '../kernel/assembly/dynamic-references.ts';
import type { Definition } from '../kernel/resource.ts';
import { cloudfront } from './cloudfront/cloudfront.ts';
import { declaredOnly } from './declared-only.ts';
import { ecs } from './ecs/ecs.ts';
import { elasticache } from './elasticache/elasticache.ts';
import { elbv2 } from './elbv2/elbv2.ts';
import { lambda } from './lambda/lambda.ts';
import { rds } from './rds/rds.ts';
import { s3 } from './s3/s3.ts';
import { scaling } from './scaling/scaling.ts';
import { secretsManager } from './secretsmanager/secretsmanager.ts';
import { ses } from './ses/ses.ts';
import { sns } from './sns/sns.ts';
import { sqs } from './sqs/sqs.ts';
import { wafv2 } from './wafv2/wafv2.ts';

/** Every resource type of the local runtime. A family is given the handles of the families that it uses. */
export function createDefinitions(host: Host, fetchSecret: FetchSecret): readonly Definition[] {
  const { targetGroups, loadBalancers, ...balancing } = elbv2(host);
  const { webAcls, ...firewall } = wafv2(host);
  const { databases, ...database } = rds(host);
  const { bucketPolicies, ...buckets } = s3(host);
  const { services, ...containers } = ecs({ host, fetchSecret, targetGroups });
  const families = [
    balancing,
    firewall,
    cloudfront({ host, loadBalancers, bucketPolicies, webAcls }),
    containers,
    database,
    elasticache(host),
    lambda({ host }),
    buckets,
    scaling({ services }),
    secretsManager(host, databases),
    ses(host),
    sns(host),
    sqs(host),
  ];
  return [...families.flatMap(({ definitions }) => definitions), ...declaredOnly];
}
