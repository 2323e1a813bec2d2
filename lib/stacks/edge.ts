import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import { Edge } from '../constructs/edge.ts';

/** What the public reaches. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly loadBalancer: IApplicationLoadBalancer }) {
    super(scope, id, props);
    const edge = new Edge(this, 'Edge', props);
    new CfnOutput(this, 'Url', { value: edge.url, description: 'Where the system answers' });
  }
}
