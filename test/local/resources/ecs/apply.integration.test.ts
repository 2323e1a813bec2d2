import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { Stack } from '../../../../local/kernel/assembly/template.ts';
import { createEngine, type Engine } from '../../../../local/kernel/engine.ts';
import { ecs } from '../../../../local/resources/ecs/ecs.ts';
import { scaling } from '../../../../local/resources/scaling/scaling.ts';
import { joinSections } from '../../../../local/status.ts';
import { eventually } from '../../../support/eventually.ts';
import { createTestHost } from './host.ts';

let rig: ReturnType<typeof createTestHost>;
let engine: Engine;

beforeEach(async () => {
  rig = createTestHost();
  const { stateDir } = rig.host;
  writeFileSync(
    join(stateDir, 'shop.cjs'),
    `require('node:http').createServer((q, r) => r.end(process.env.GREETING)).listen(process.env.PORT)`,
  );
  const fetchSecret = () => Promise.reject(new Error('no secret'));
  const family = ecs({ host: rig.host, fetchSecret, targetGroups: { get: () => undefined as never } });
  const definitions = [...family.definitions, ...scaling(family).definitions];
  engine = createEngine({ stacks: stacks('hello'), definitions, fetchSecret });
  await engine.up();
});

afterEach(async () => {
  await engine.stop();
  expect([...rig.children]).toEqual([]);
  rig.dispose();
});

const stacks = (greeting: string, command = ['node', 'shop.cjs']): readonly Stack[] => [
  {
    name: 'web',
    region: 'eu-central-1',
    accountId: '000000000000',
    template: {
      Resources: {
        Cluster: { Type: 'AWS::ECS::Cluster' },
        Task: {
          Type: 'AWS::ECS::TaskDefinition',
          Properties: {
            Family: 'shop',
            ContainerDefinitions: [
              {
                Name: 'shop',
                Image: 'x:1',
                Command: command,
                Environment: [{ Name: 'GREETING', Value: greeting }],
              },
            ],
          },
        },
        Service: {
          Type: 'AWS::ECS::Service',
          Properties: {
            Cluster: { Ref: 'Cluster' },
            TaskDefinition: { Ref: 'Task' },
            DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
          },
        },
        Target: {
          Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
          Properties: {
            ServiceNamespace: 'ecs',
            ScalableDimension: 'ecs:service:DesiredCount',
            MinCapacity: 2,
            MaxCapacity: 4,
            ResourceId: {
              'Fn::Join': ['/', ['service', { Ref: 'Cluster' }, { 'Fn::GetAtt': ['Service', 'Name'] }]],
            },
          },
        },
      },
    },
  },
];

const service = async () => joinSections(await engine.describe()).services[0];
const greetings = async () => {
  const { tasks = [] } = (await service()) ?? {};
  const bodies = tasks.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}`)).text());
  return Promise.all(bodies);
};

test('a changed variable is rolled out to as many tasks as scaling wants', async () => {
  expect(await service()).toMatchObject({ name: 'web-service', desired: 2, healthy: 2 });
  const changes = await engine.apply(async () => stacks('good day'));
  expect(changes).toMatchObject({ updated: ['web/Service'], replaced: ['web/Task'] });
  await eventually(async () => expect(await greetings()).toEqual(['good day', 'good day']));
});

test('a change that fails is rolled back and fails the apply; the next one is rolled out', async () => {
  const before = await service();
  await expect(engine.apply(async () => stacks('hello', ['node', 'missing.cjs']))).rejects.toThrow(
    /Service of stack web could not be .*The deployment was rolled back: shop:1 runs again/s,
  );
  await eventually(async () => expect((await service())?.tasks).toEqual(before?.tasks));
  await engine.apply(async () => stacks('good day'));
  await eventually(async () => expect(await greetings()).toEqual(['good day', 'good day']));
});
