import { CfnOutput, Duration, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { AccessLogs } from '../constructs/access-logs.ts';
import { Edge } from '../constructs/edge.ts';
import { edgePaths } from '../edge-paths.ts';
import { definitionsFor, type ServiceDefinition } from '../system.ts';

interface EdgeStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly loadBalancer: IApplicationLoadBalancer;
}

/** The public entry point. */
export class EdgeStack extends Stack {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, props);
    const { environment, loadBalancer } = props;
    const accessLogs = new AccessLogs(this, 'AccessLogs', {
      retention: Duration.days(environment.logRetention),
      protect: environment.protect,
      isForCloudFront: true,
    });
    const edge = new Edge(this, 'Edge', {
      loadBalancer,
      paths: edgePaths(definitionsFor(props.system, environment)),
      accessLogs: accessLogs.bucket,
    });
    this.distribution = edge.distribution;
    new CfnOutput(this, 'Url', { value: edge.url, description: 'URL of the system' });
  }
}
