import { Port } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret as ManagedSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { isXRay } from '../config/telemetry.ts';
import type { Workload } from '../constructs/workload.ts';

/**
 * Lets a workload send telemetry, by the variables that OpenTelemetry defines
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). No key of a definition names it: it is
 * the same for all.
 */
export function telemetryCapability(scope: Construct, telemetry: NonNullable<Environment['telemetry']>) {
  const { otlpEndpoint, otlpHeadersSecretArn: arn, tracesPercent } = telemetry;
  const headers = arn === undefined ? undefined : ManagedSecret.fromSecretCompleteArn(scope, 'OtlpHeaders', arn);
  return {
    bind(workload: Workload): void {
      workload.addEnvironment({
        OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
        OTEL_TRACES_SAMPLER_ARG: String(tracesPercent / 100),
      });
      if (headers) workload.addSecrets({ OTEL_EXPORTER_OTLP_HEADERS: Secret.fromSecretsManager(headers) });
      if (isXRay(telemetry)) workload.role.addToPrincipalPolicy(mayPutTraces());
      else workload.connections.allowToAnyIpv4(Port.HTTPS, 'Receiver of telemetry');
    },
  };
}

/**
 * The part of AWSXrayWriteOnlyAccess that writes spans. The action has no resources.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLP-UsingADOT.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
 */
const mayPutTraces = () => new PolicyStatement({ actions: ['xray:PutTraceSegments'], resources: ['*'] });
