import { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance, CfnNatGateway } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';

import { graph } from './graph.ts';
import type { AlarmSpec, Part } from './part.ts';

const metric = (namespace: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string) =>
  new Metric({ namespace, metricName, dimensionsMap, statistic, period: Duration.minutes(1) });

/** The way out of the VPC. A part without graphs where there is none. */
export function outboundPart(vpc: IVpc): Part {
  const resources = vpc.node.findAll();
  const gateways = resources.filter((each) => CfnNatGateway.isCfnNatGateway(each));
  const instances = resources.filter((each) => CfnInstance.isCfnInstance(each));
  const ports = gateways.map(({ ref }) =>
    metric('AWS/NATGateway', 'ErrorPortAllocation', { NatGatewayId: ref }, Stats.SUM),
  );
  const checks = instances.map(({ ref }) => metric('AWS/EC2', 'StatusCheckFailed', { InstanceId: ref }, Stats.MAXIMUM));
  return {
    title: 'Outbound traffic',
    rows: [
      [
        ...(ports.length > 0 ? [graph('NAT gateways: connections without a port', ports)] : []),
        ...(checks.length > 0 ? [graph('NAT instance: failed checks', checks)] : []),
      ],
    ],
    alarms: [
      ...ports.map((one, index): AlarmSpec => ({
        kind: 'nat-ports',
        of: String(index + 1),
        severity: 'warning',
        says: `NAT gateway ${index + 1} has had no port for a connection`,
        metric: one,
        atLeast: 1,
        periods: 5,
        missing: 'fine',
      })),
      ...checks.map((one): AlarmSpec => ({
        kind: 'nat-instance',
        severity: 'critical',
        says: 'The NAT instance fails its checks: tasks reach neither AWS nor the internet',
        metric: one,
        atLeast: 1,
        periods: 5,
        // A new instance reports nothing at first; one that is gone is critical.
        missing: 'breach',
      })),
    ],
  };
}
