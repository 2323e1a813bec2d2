import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';

import { createFront } from '../front.ts';
import { send } from './load-balancer/rig.ts';

interface SynthesizedResource {
  readonly Type: string;
  readonly Properties: object;
}

test('what ApplicationLoadBalancedFargateService synthesizes by default is run', async () => {
  await using cleanup = new AsyncDisposableStack();
  const front = await createFront();
  cleanup.defer(() => front.stop());
  const shop = new ApplicationLoadBalancedFargateService(new Stack(new App(), 'services'), 'Shop', {
    taskImageOptions: { image: ContainerImage.fromRegistry('shop') },
    listenerPort: 8080,
  });
  const { Resources } = Template.fromStack(Stack.of(shop)).toJSON() as {
    Resources: Record<string, SynthesizedResource>;
  };
  const refs = new Map<string, string>();
  const resolved = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_key, each: { Ref?: string } | null) =>
      each?.Ref === undefined ? each : (refs.get(each.Ref) ?? each.Ref),
    );
  for (const kind of ['LoadBalancer', 'TargetGroup', 'Listener']) {
    const type = `AWS::ElasticLoadBalancingV2::${kind}`;
    const [logicalId, { Properties }] = Object.entries(Resources).find(([, { Type }]) => Type === type)!;
    refs.set(logicalId, (await front.up(type, logicalId, resolved(Properties) as Record<string, unknown>)).ref);
  }
  const { loadBalancers } = await front.status();
  expect((await send(Number(new URL(loadBalancers[0]!.url).port), '/')).status).toBe(503);
});
