import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';

import type { Identity, Runtime } from '../../../../local/kernel/driver.ts';
import { ecs } from '../../../../local/resources/ecs/ecs.ts';
import { lambda } from '../../../../local/resources/lambda/lambda.ts';
import { scaling } from '../../../../local/resources/scaling/scaling.ts';
import { trigger } from '../../../../local/resources/lambda/trigger.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDataRuntime } from '../data.ts';

jest.setTimeout(30_000);

let data: Awaited<ReturnType<typeof createDataRuntime>>;
let runtime: Runtime;

beforeAll(async () => {
  data = await createDataRuntime();
  const { stateDir } = data.runtime;
  runtime = { ...data.runtime, assets: { image: () => stateDir, file: () => stateDir } };
});
afterAll(() => data.dispose());

const up = (driver: typeof ecs, type: string, logicalId: string, properties: Record<string, unknown>) =>
  driver.up({ stack: data.stack, logicalId, type, properties }, runtime);

async function upService(container: Record<string, unknown>, service: Record<string, unknown> = {}): Promise<Identity> {
  const cluster = await up(ecs, 'AWS::ECS::Cluster', 'Cluster', {});
  const task = await up(ecs, 'AWS::ECS::TaskDefinition', 'Task', {
    ContainerDefinitions: [{ Name: 'shop', Image: 'x:1', Command: ['node', 'shop.cjs'], ...container }],
  });
  return up(ecs, 'AWS::ECS::Service', 'Service', { Cluster: cluster.ref, TaskDefinition: task.ref, ...service });
}

test('tasks get the environment the template states, its secrets whole or by key, and what the platform gives', async () => {
  const secret = await data.up('AWS::SecretsManager::Secret', 'Role', {
    SecretString: '{"username":"shop","password":"p:4ss::word"}',
  });
  const file = join(runtime.stateDir, 'environment.json');
  writeFileSync(
    join(runtime.stateDir, 'shop.cjs'),
    `require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env)); setInterval(() => {}, 1000);`,
  );
  const service = await upService({
    Environment: [
      { Name: 'DATABASE_USER', Value: 'shop' },
      { Name: 'PORT', Value: '3000' },
    ],
    Secrets: [
      { Name: 'DATABASE_PASSWORD', ValueFrom: `${secret.ref}:password::` },
      { Name: 'WHOLE', ValueFrom: secret.ref },
    ],
  });
  await service.steady?.();
  const environment = await eventually(async () => JSON.parse(readFileSync(file, 'utf8')));
  const [status] = (await data.runtime.status.read()).services;
  expect(environment).toMatchObject({
    DATABASE_USER: 'shop',
    DATABASE_PASSWORD: 'p:4ss::word',
    WHOLE: '{"username":"shop","password":"p:4ss::word"}',
    PORT: `${status?.tasks[0]?.port}`,
    HOST: '127.0.0.1',
    AWS_ENDPOINT_URL: runtime.endpointUrl,
    AWS_ACCESS_KEY_ID: 'test',
    NODE_EXTRA_CA_CERTS: runtime.tls.caFile,
  });
  // Nothing of the person's own environment comes in.
  expect(environment).not.toHaveProperty('HOME');
  await service.stop?.();
});

test('a service is brought to the smallest capacity of its scalable target', async () => {
  writeFileSync(join(runtime.stateDir, 'shop.cjs'), 'setInterval(() => {}, 1000);');
  const service = await upService({}, { ServiceName: 'mailer' });
  const target = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', MinCapacity: 2 };
  const ResourceId = `service/Cluster/${service.attributes?.['Name']}`;
  await up(scaling, 'AWS::ApplicationAutoScaling::ScalableTarget', 'Target', { ...target, ResourceId });
  await service.steady?.();
  expect(runtime.parts.get('service', ResourceId).status()).toMatchObject({ name: 'mailer', desired: 2, healthy: 2 });
  await service.stop?.();
});

test('a task definition that a laptop cannot run is refused', async () => {
  const entryPoint = upService({ EntryPoint: ['sh', '-c'] });
  await expect(entryPoint).rejects.toThrow('Properties.ContainerDefinitions.0.EntryPoint is not supported');
  await expect(upService({ Command: [] })).rejects.toThrow('Properties.ContainerDefinitions.0');
  const two = { ContainerDefinitions: [{ Name: 'a' }, { Name: 'b' }] };
  await expect(up(ecs, 'AWS::ECS::TaskDefinition', 'Task', two)).rejects.toThrow('must not have more than 1 items');
});

async function upFunction(code: string): Promise<string> {
  writeFileSync(join(runtime.stateDir, 'index.cjs'), code);
  const fn = await up(lambda, 'AWS::Lambda::Function', 'Migrations', {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { S3Key: 'x.zip' },
    Timeout: 10,
    Environment: { Variables: { NAME: 'orders' } },
  });
  return (await up(lambda, 'AWS::Lambda::Version', 'Version', { FunctionName: fn.ref })).ref;
}

test('a trigger runs the function behind a version', async () => {
  const file = join(runtime.stateDir, 'ran.txt');
  const HandlerArn = await upFunction(
    `exports.handler = async () => require('node:fs').writeFileSync(${JSON.stringify(file)}, process.env.NAME);`,
  );
  await up(trigger, 'Custom::Trigger', 'Trigger', { HandlerArn });
  expect(readFileSync(file, 'utf8')).toBe('orders');
});

test('a trigger whose function fails, fails with its message', async () => {
  const HandlerArn = await upFunction(`exports.handler = async () => { throw new Error('no such column'); };`);
  await expect(up(trigger, 'Custom::Trigger', 'Trigger', { HandlerArn })).rejects.toThrow('no such column');
});

test('a function in another language is refused only when it is invoked', async () => {
  const python = { Runtime: 'python3.13', Handler: 'index.handler', Code: { S3Key: 'x.zip' } };
  const fn = await up(lambda, 'AWS::Lambda::Function', 'Python', python);
  const arn = fn.attributes?.['Arn'] ?? '';
  await expect(runtime.parts.get('function', arn).invoke({})).rejects.toThrow('is in python3.13');
});
