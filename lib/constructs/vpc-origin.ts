import { createHash } from 'node:crypto';

import { Aspects, Names, Stack } from 'aws-cdk-lib/core';
import { OriginProtocolPolicy, VpcOrigin, VpcOriginEndpoint } from 'aws-cdk-lib/aws-cloudfront';
import type { CfnVpcOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** After the aspects that set tags. Source: aws-cdk-lib/core AspectPriority; the default is 500. */
const AFTER_TAGS = 900;

/** Of the name of a VPC origin. Source: docs.aws.amazon.com/cloudfront/latest/APIReference/API_VpcOriginEndpointConfig.html */
const MAX_NAME = 64;

/**
 * Creates the VPC origin of a load balancer. CloudFront refuses every change of one that a distribution uses with 409, even
 * that of a tag, and CloudFormation replaces it for none. So its logical id and its name contain a hash of all its
 * properties, its tags, and what replaces the load balancer: a change creates another VPC origin, moves the
 * distribution to it, and deletes the old one.
 * @see https://github.com/aws/aws-cdk/issues/35765
 * @see https://github.com/aws/aws-cdk/issues/34629
 */
export function vpcOriginOf(scope: Construct, id: string, loadBalancer: IApplicationLoadBalancer): VpcOrigin {
  const origin = new VpcOrigin(scope, id, {
    endpoint: VpcOriginEndpoint.applicationLoadBalancer(loadBalancer),
    protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
  });
  const resource = origin.node.defaultChild as CfnVpcOrigin;
  const { logicalId } = resource;
  const baseId = Stack.of(scope).resolve(logicalId) as string;
  const aspect = {
    visit(node: unknown) {
      if (node !== resource) return;
      const hash = hashOf(resource, loadBalancer);
      resource.overrideLogicalId(`${baseId}${hash}`);
      const config = resource.vpcOriginEndpointConfig as CfnVpcOrigin.VpcOriginEndpointConfigProperty;
      const name = Names.uniqueResourceName(origin, { maxLength: MAX_NAME - hash.length - 1 });
      resource.vpcOriginEndpointConfig = { ...config, name: `${name}-${hash}` };
    },
  };
  Aspects.of(resource).add(aspect, { priority: AFTER_TAGS });
  return origin;
}

function hashOf(resource: CfnVpcOrigin, loadBalancer: IApplicationLoadBalancer): string {
  const { node } = loadBalancer;
  const balancer = CfnLoadBalancer.isCfnLoadBalancer(node.defaultChild) ? node.defaultChild : undefined;
  // What CloudFormation replaces a load balancer for. The rest of its ARN is known to AWS only.
  // Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html
  const replacing = balancer && [
    balancer.stack.stackName,
    balancer.logicalId,
    balancer.name,
    balancer.scheme,
    balancer.type,
  ];
  // CloudFormation sets the tags of the stack on its resources too.
  const tags = [resource.cdkTagManager.renderTags(), resource.stack.tags.tagValues()];
  const all = [resource.vpcOriginEndpointConfig, tags, replacing];
  return createHash('sha256')
    .update(JSON.stringify(resource.stack.resolve(all)))
    .digest('hex')
    .slice(0, 8);
}
