import type { Driver } from '../../kernel/driver.ts';

/** What Application Auto Scaling scales: registering a service brings it to its smallest capacity, as on AWS. */
export const scaling: Driver = {
  types: ['AWS::ApplicationAutoScaling::ScalableTarget'],
  async up({ properties }, runtime) {
    const { ScalableDimension, ResourceId, MinCapacity } = properties;
    if (ScalableDimension !== 'ecs:service:DesiredCount') {
      throw new Error(`it scales ${String(ScalableDimension)}; a laptop scales ecs:service:DesiredCount only`);
    }
    const service = runtime.parts.get('service', ResourceId as string);
    service.raiseTo(Number(MinCapacity));
    return { ref: `${String(ResourceId)}|${ScalableDimension}|ecs` };
  },
};
