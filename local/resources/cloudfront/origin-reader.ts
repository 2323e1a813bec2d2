import type { Handles } from '../../kernel/handles.ts';
import type { LoadBalancer } from '../elbv2/load-balancer/load-balancer.ts';
import type { PolicyDocument } from '../s3/bucket-access.ts';
import type { Behavior } from './behaviors.ts';
import type { DistributionConfig } from './distribution-config.ts';
import type { Origin, Target } from './route.ts';
import { s3Origin } from './s3-origin.ts';
import type { VpcOrigin } from './vpc-origin.ts';

/** What origins refer to. */
export interface OriginParts {
  readonly vpcOrigins: Handles<VpcOrigin>;
  /** By ARN. */
  readonly loadBalancers: Pick<Handles<Pick<LoadBalancer, 'hop'>>, 'get'>;
  readonly accessControls: Handles<true>;
  /** By the bucket's name. */
  readonly bucketPolicies: Handles<PolicyDocument>;
}

interface ReaderOptions extends OriginParts {
  readonly endpointUrl: string;
  readonly distributionArn: string;
}

type GivenOrigin = DistributionConfig['Origins'][number];

/** Reads the origins and origin groups of a distribution, by id. Adds what cannot be run here to `faults`. */
export function readTargets(
  { Origins, OriginGroups }: DistributionConfig,
  options: ReaderOptions,
  faults: string[],
): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const [index, given] of Origins.entries()) {
    const primary = readOrigin(given, options);
    if (typeof primary === 'string') faults.push(`Origins.${index} (${given.DomainName}) ${primary}`);
    else targets.set(given.Id, { primary });
  }
  for (const [index, { Id, FailoverCriteria, Members }] of (OriginGroups?.Items ?? []).entries()) {
    const [primary, secondary] = Members.Items.map(({ OriginId }) => targets.get(OriginId)?.primary);
    const statuses = new Set(FailoverCriteria.StatusCodes.Items);
    if (primary && secondary) targets.set(Id, { primary, failover: { secondary, statuses } });
    else faults.push(`OriginGroups.Items.${index}.Members names an origin that the distribution does not have`);
  }
  return targets;
}

/** Returns what is wrong with the target of a behaviour. */
export function* targetFaults(
  { pathPattern = 'DefaultCacheBehavior', targetOriginId, allowedMethods }: Behavior,
  targets: ReadonlyMap<string, Target>,
): Generator<string> {
  const target = targets.get(targetOriginId);
  if (!target) yield `${pathPattern}: TargetOriginId = "${targetOriginId}" is no origin that runs here`;
  // Source: github.com/aws/aws-cdk/issues/32450
  if (target?.failover && allowedMethods.length > 3)
    yield `${pathPattern}: AllowedMethods has ${allowedMethods.length} methods: with an origin group, CloudFront takes GET, HEAD and OPTIONS only`;
  if (target?.primary.readOnly && allowedMethods.length > 2)
    yield `${pathPattern}: AllowedMethods has ${allowedMethods.length} methods: a bucket takes GET and HEAD only here`;
}

/** Returns the fault of an origin that does not run here. */
function readOrigin(given: GivenOrigin, options: ReaderOptions): Origin | string {
  const { DomainName: domainName, VpcOriginConfig, S3OriginConfig, OriginAccessControlId } = given;
  if (VpcOriginConfig) {
    const { VpcOriginId, OriginReadTimeout } = VpcOriginConfig;
    const { vpcOrigins, loadBalancers } = options;
    return {
      domainName,
      timeoutMs: OriginReadTimeout * 1000,
      // Looks the load balancer up for each request: its listener may start later, and either may be replaced.
      hop: async (request) => {
        const { loadBalancerArn, port } = vpcOrigins.get(VpcOriginId);
        return loadBalancers.get(loadBalancerArn).hop(port)(request);
      },
    };
  }
  const [, bucket] = /^(.+)\.s3\.(?:[\w-]+\.)?amazonaws\.com$/.exec(domainName) ?? [];
  if (!S3OriginConfig || bucket === undefined) return `is neither a VPC origin nor a bucket`;
  if (!options.accessControls.find(OriginAccessControlId))
    return `is a bucket without an origin access control of the template, which would have to be public`;
  const { endpointUrl, distributionArn, bucketPolicies: policies } = options;
  return {
    domainName,
    timeoutMs: S3OriginConfig.OriginReadTimeout * 1000,
    readOnly: true,
    hop: s3Origin({ endpointUrl, bucket, distributionArn, policies }),
  };
}
