import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import { Edge } from '../constructs/edge.ts';

/** The public entry point. */
export class EdgeStack extends Stack {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: StackProps & { readonly loadBalancer: IApplicationLoadBalancer }) {
    super(scope, id, props);
    const edge = new Edge(this, 'Edge', props);
    this.distribution = edge.distribution;
    new CfnOutput(this, 'Url', { value: edge.url, description: 'URL of the system' });
  }
}
