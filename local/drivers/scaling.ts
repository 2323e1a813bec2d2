import type { Driver } from '../driver.ts';

/** What Application Auto Scaling scales: registering a service brings it to its smallest capacity, as on AWS. */
export const scaling: Driver = {
  types: ['AWS::ApplicationAutoScaling::ScalableTarget'],
  async up({ properties }, runtime) {
    const { ScalableDimension, ResourceId, MinCapacity } = properties;
    if (ScalableDimension !== 'ecs:service:DesiredCount') {
      throw new Error(`it scales ${String(ScalableDimension)}; a laptop scales ecs:service:DesiredCount only`);
    }
    const service = runtime.parts.get('service', ResourceId as string);
    const what = `${service.name} (${Number(MinCapacity)} tasks)`;
    if (service.status().desired < Number(MinCapacity)) runtime.report.starting(what);
    service.raiseTo(Number(MinCapacity));
    await service.steady();
    runtime.report.ready(what);
    return { ref: `${String(ResourceId)}|${ScalableDimension}|ecs` };
  },
};
