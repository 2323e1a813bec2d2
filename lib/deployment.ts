import { Annotations, Stage } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

import type { Environment } from './config/environment.ts';
import { placeholderWarnings } from './config/placeholders.ts';
import { cloudFrontRegion } from './config/regions.ts';
import { DataStack } from './stacks/data.ts';
import { EdgeStack } from './stacks/edge.ts';
import { FirewallStack } from './stacks/firewall.ts';
import { EdgeAlarmsStack } from './stacks/edge-alarms.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { NetworkStack } from './stacks/network.ts';
import { ServicesStack } from './stacks/services.ts';
import type { ServiceDefinition } from './system.ts';

/**
 * One environment: the whole system, deployed by `cdk deploy '<environment>/*'`.
 *
 * Later stacks read outputs of earlier ones by `Fn::GetStackOutput`, which, unlike an import, does not keep an output from
 * being changed or removed. A stack resolves its references when it is updated, and the CDK CLI skips a stack whose
 * template is unchanged: a resource that is replaced on purpose must get another logical id.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export class Deployment extends Stage {
  constructor(scope: Construct, environment: Environment, system: readonly ServiceDefinition[]) {
    const { name, account, region, protect } = environment;
    super(scope, name, { env: { account, region } });
    const stack = (part: string) => ({ environment, system, stackName: `headroom-${name}-${part}` });

    const network = new NetworkStack(this, 'Network', { ...stack('network'), terminationProtection: protect });
    const { vpc, awsApis } = network;
    const data = new DataStack(this, 'Data', { ...stack('data'), vpc, terminationProtection: protect });
    const services = new ServicesStack(this, 'Services', { ...stack('services'), vpc, awsApis, data });
    const besideCloudFront = { env: { account, region: cloudFrontRegion } };
    const firewall = new FirewallStack(this, 'Firewall', { ...stack('firewall'), ...besideCloudFront });
    const { distribution } = new EdgeStack(this, 'Edge', {
      ...stack('edge'),
      loadBalancer: services.loadBalancer.alb,
      uploads: data.uploads.bucket,
      accessLogs: data.accessLogs.bucket,
      webAclArn: firewall.webAclArn,
    });
    new EdgeAlarmsStack(this, 'EdgeAlarms', { ...stack('edgealarms'), ...besideCloudFront, distribution });
    new MonitoringStack(this, 'Monitoring', { ...stack('monitoring'), vpc, data, services, distribution });

    // What is protected from deletion is meant to be real.
    for (const { setting, text } of protect ? placeholderWarnings(environment) : []) {
      Annotations.of(data).addWarningV2(`headroom:placeholder:${setting}`, text);
    }
  }
}
