import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { isXRay } from '../config/telemetry.ts';
import { AwsApis } from '../constructs/aws-apis.ts';
import { Network } from '../constructs/network.ts';

/** The VPC, and the path from it to AWS APIs. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  readonly awsApis: AwsApis;
  readonly #zones: readonly string[];

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { environment } = props;
    this.#zones = environment.availabilityZones;
    const flowLogs = new LogGroup(this, 'FlowLogs', {
      retention: environment.logRetention,
      removalPolicy: environment.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const { vpc } = new Network(this, 'Network', { ...environment, flowLogs });
    this.vpc = vpc;
    this.awsApis = new AwsApis(this, 'AwsApis', {
      vpc,
      endpoints: environment.endpoints,
      xRay: environment.telemetry && isXRay(environment.telemetry),
      s3PrefixList: environment.s3PrefixList,
    });
  }

  /** From the settings, so that synth looks up nothing in an account. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }
}
