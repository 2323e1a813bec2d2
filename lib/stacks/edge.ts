import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { Edge } from '../constructs/edge.ts';
import { edgePaths } from '../edge-paths.ts';
import { definitionsFor, type ServiceDefinition } from '../system.ts';

interface EdgeStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly loadBalancer: IApplicationLoadBalancer;
  readonly uploads: IBucket;
  readonly accessLogs: IBucket;
  readonly webAclArn: string;
}

/** The public entry point. */
export class EdgeStack extends Stack {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, props);
    const { environment, loadBalancer, uploads, accessLogs, webAclArn } = props;
    const edge = new Edge(this, 'Edge', {
      loadBalancer,
      media: uploads,
      paths: edgePaths(definitionsFor(props.system, environment)),
      accessLogs,
      webAclArn,
      domain: environment.domain,
    });
    this.distribution = edge.distribution;
    new CfnOutput(this, 'Url', { value: edge.url, description: 'URL of the system' });
  }
}
