import { beforeEach, expect, test } from '@jest/globals';

import { Handles } from '../../../../local/kernel/handles.ts';
import { scaling } from '../../../../local/resources/scaling/scaling.ts';
import { createResources } from '../../../support/resources.ts';

class CountedService {
  count = 1;
  desired = () => this.count;
  scale = (count: number) => void (this.count = count);
}

const type = 'AWS::ApplicationAutoScaling::ScalableTarget';
const properties = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/main/shop',
  RoleARN: 'arn',
  MinCapacity: 2,
  MaxCapacity: 4,
};

let shop: CountedService;
let resources: ReturnType<typeof createResources>;

beforeEach(() => {
  shop = new CountedService();
  const services = new Handles<CountedService>('service');
  services.set(properties.ResourceId, shop);
  resources = createResources(scaling({ services }).definitions);
});

test.each([
  [1, 2],
  [3, 3],
  [9, 4],
])('a service of %i tasks is brought to %i, within its capacity', async (before, after) => {
  shop.count = before;
  const { ref } = await resources.up(type, 'Target', properties);
  expect(shop.count).toBe(after);
  expect(ref).toBe('service/main/shop|ecs:service:DesiredCount|ecs');
});

test('a changed capacity is taken up', async () => {
  await resources.up(type, 'Target', properties);
  await resources.update(type, 'Target', { ...properties, MinCapacity: '3' });
  expect(shop.count).toBe(3);
});

test.each([
  [{ ScheduledActions: [{}] }, 'Properties.ScheduledActions is not supported'],
  [{ SuspendedState: {} }, 'Properties.SuspendedState is not supported'],
  [{ ScalableDimension: 'dynamodb:table:ReadCapacityUnits' }, 'Properties.ScalableDimension = "dynamodb'],
  [{ MaxCapacity: undefined }, 'MaxCapacity'],
  [{ MinCapacity: 5 }, 'a MinCapacity of 5, which is more than its MaxCapacity of 4'],
])('%j is refused', async (more, message) => {
  await expect(resources.up(type, 'Target', { ...properties, ...more })).rejects.toThrow(message);
});
