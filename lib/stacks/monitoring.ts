import { Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import { AlarmStatusWidget, Dashboard, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { Alarms } from '../constructs/alarms.ts';
import { balancerPart } from '../monitoring/balancer.ts';
import { databasePart } from '../monitoring/database.ts';
import { edgePart } from '../monitoring/edge.ts';
import { mailPart } from '../monitoring/mail.ts';
import { outboundPart } from '../monitoring/outbound.ts';
import type { Part } from '../monitoring/part.ts';
import { peoplePart } from '../monitoring/people.ts';
import { queuePart } from '../monitoring/queue.ts';
import { redisPart } from '../monitoring/redis.ts';
import { servicePart } from '../monitoring/service.ts';
import { definitionsFor } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { DataStack } from './data.ts';
import type { ServicesStack } from './services.ts';

export interface MonitoringStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly vpc: IVpc;
  readonly data: DataStack;
  readonly services: ServicesStack;
  readonly distribution: Distribution;
}

/** The dashboard and the alarms, all made from the table of services. */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    super(scope, id, props);
    const parts = partsOf(props);
    const alarms = new Alarms(this, 'Alarms', props.environment);
    for (const spec of parts.flatMap((part) => part.alarms)) alarms.add(spec);

    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: `headroom-${props.environment.name}` });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: alarms.all, width: 24, height: 6 }));
    for (const { title, rows } of parts) {
      const filled = rows.filter((row) => row.length > 0);
      if (filled.length === 0) continue;
      dashboard.addWidgets(new TextWidget({ markdown: `# ${title}`, width: 24, height: 1 }));
      for (const row of filled) dashboard.addWidgets(...row);
    }
  }
}

/** Returns the parts in the order of the dashboard: people first, then from the edge inwards. */
function partsOf({ environment, system, vpc, data, services, distribution }: MonitoringStackProps): Part[] {
  const definitions = definitionsFor(system, environment);
  const { distributionId } = distribution;
  const loadBalancer = services.loadBalancer.alb.loadBalancerFullName;
  return [
    peoplePart({ environment: environment.name, distributionId, loadBalancer }),
    edgePart(distributionId),
    balancerPart(loadBalancer),
    ...definitions.map((definition) =>
      servicePart({ environment, definition, workload: services.workloads.get(definition.name)!, loadBalancer }),
    ),
    ...Array.from(data.queues, ([name, queue]) => queuePart(environment.name, name, queue)),
    databasePart(environment.database, data.postgres),
    redisPart('sessions', data.redis),
    ...(data.cache ? [redisPart('cache', data.cache)] : []),
    ...(definitions.some(({ mail }) => mail) ? [mailPart()] : []),
    outboundPart(vpc),
  ];
}
