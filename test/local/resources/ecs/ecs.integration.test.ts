import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { FetchSecret } from '../../../../local/kernel/assembly/dynamic-references.ts';
import { ecs } from '../../../../local/resources/ecs/ecs.ts';
import { createSecretFetcher } from '../../../../local/resources/secretsmanager/secret-fetcher.ts';
import type { ServiceStatus, StatusSections } from '../../../../local/status.ts';
import { startTestEndpoint } from '../../../support/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { createResources } from '../../../support/resources.ts';
import { createTestHost } from './host.ts';
import { FakeTargetGroup } from './scheduler/rig.ts';

const keepRunning = 'setInterval(() => {}, 1000);';
const noSecret: FetchSecret = () => Promise.reject(new Error('no secret'));

let rig: ReturnType<typeof createTestHost>;
let groups: Map<string, FakeTargetGroup>;
let family: ReturnType<typeof ecs>;
let resources: ReturnType<typeof createResources>;

function create(host = rig.host, fetchSecret = noSecret): void {
  family = ecs({ host, fetchSecret, targetGroups: { get: (arn) => groups.get(arn)! } });
  resources = createResources(family.definitions);
}

beforeEach(() => {
  rig = createTestHost();
  groups = new Map([['group', new FakeTargetGroup()]]);
  create();
  writeFileSync(join(rig.host.stateDir, 'shop.cjs'), keepRunning);
});

afterEach(async () => {
  await resources.stop();
  expect([...rig.children]).toEqual([]);
  rig.dispose();
});

const container = { Name: 'shop', Image: 'x:1', Command: ['node', 'shop.cjs'] };
const task = (more: Record<string, unknown> = {}) => ({
  Family: 'shop',
  ContainerDefinitions: [{ ...container, ...more }],
});

async function upService(more: Record<string, unknown> = {}, definition = task()) {
  await resources.up('AWS::ECS::Cluster', 'Cluster', {});
  const { ref } = await resources.up('AWS::ECS::TaskDefinition', 'Task', definition);
  const properties = { ServiceName: 'shop', Cluster: 'Cluster', TaskDefinition: ref, ...more };
  const running = await resources.up('AWS::ECS::Service', 'Service', properties);
  await running.steady?.();
  return { properties, running };
}

async function status(): Promise<ServiceStatus | undefined> {
  const sections = (await resources.describe()) as Partial<StatusSections>[];
  return sections.flatMap(({ services = [] }) => services)[0];
}

test('tasks get the variables of the template, secrets whole or by key, and what the platform adds', async () => {
  const endpoint = await startTestEndpoint();
  const host = { ...rig.host, endpointUrl: endpoint.url };
  const fetchSecret = createSecretFetcher(host);
  const client = new SecretsManagerClient({
    endpoint: host.endpointUrl,
    region: host.region,
    credentials: host.credentials,
  });
  const SecretString = '{"username":"shop","password":"p:4ss::word"}';
  const { ARN } = await client.send(new CreateSecretCommand({ Name: 'role', SecretString }));
  create(host, fetchSecret);
  const file = join(host.stateDir, 'environment.json');
  writeFileSync(
    join(host.stateDir, 'shop.cjs'),
    `require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env)); ${keepRunning}`,
  );
  writeFileSync(join(host.stateDir, 'Dockerfile'), 'FROM node:24\nENV NODE_ENV=production DATABASE_USER=nobody');
  await upService(
    {},
    task({
      Environment: [
        { Name: 'DATABASE_USER', Value: 'shop' },
        { Name: 'PORT', Value: '3000' },
      ],
      Secrets: [
        { Name: 'DATABASE_PASSWORD', ValueFrom: `${ARN}:password::` },
        { Name: 'WHOLE', ValueFrom: ARN },
      ],
    }),
  );
  const environment = await eventually(async () => JSON.parse(readFileSync(file, 'utf8')));
  expect(environment).toMatchObject({
    DATABASE_USER: 'shop',
    DATABASE_PASSWORD: 'p:4ss::word',
    WHOLE: SecretString,
    PORT: `${(await status())?.tasks[0]?.port}`,
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: host.endpointUrl,
    AWS_ACCESS_KEY_ID: 'test',
    NODE_EXTRA_CA_CERTS: host.tls.caFile,
  });
  // Nothing of the person's own environment comes in.
  expect(environment).not.toHaveProperty('HOME');
  await resources.stop();
  await endpoint.stop();
});

test('a service shows its tasks, its name and its count', async () => {
  const { running } = await upService({ DesiredCount: 2 });
  expect(resources.label('AWS::ECS::Service', 'Service', { ServiceName: 'shop', TaskDefinition: 'x' })).toBe('shop');
  expect(running.detail?.()).toBe('2 tasks');
  expect(running.attributes).toEqual({
    Name: 'shop',
    ServiceArn: 'arn:aws:ecs:eu-central-1:000000000000:service/Cluster/shop',
  });
  expect(await status()).toEqual({
    key: 'stack/Service',
    name: 'shop',
    desired: 2,
    healthy: 2,
    tasks: [expect.objectContaining({ health: 'healthy' }), expect.objectContaining({ health: 'healthy' })],
  });
  const [first] = (await status())?.tasks ?? [];
  expect(resources.parts).toContainEqual({ id: first?.id, change: 'healthy' });
});

test('a service without a name is named after its stack and its logical id', () => {
  const properties = { TaskDefinition: 'x' };
  expect(resources.label('AWS::ECS::Service', 'WebService9571FDD8', properties)).toBe('stack-web-service');
});

test('a service without any health check says once that running tasks count as healthy', async () => {
  await upService({ DesiredCount: 2 });
  const expected = 'shop has neither a target group nor a health check: each task that runs counts as healthy';
  expect(resources.notes).toEqual([expected]);
});

test('another task definition is rolled out, as another revision of its family', async () => {
  const { properties } = await upService();
  const before = await status();
  const { ref } = await resources.up('AWS::ECS::TaskDefinition', 'Task2', task({ StopTimeout: 2 }));
  expect(ref).toBe('arn:aws:ecs:eu-central-1:000000000000:task-definition/shop:2');
  const updated = await resources.update('AWS::ECS::Service', 'Service', { ...properties, TaskDefinition: ref });
  await updated.steady?.();
  await eventually(async () => expect((await status())?.tasks).toHaveLength(1));
  expect((await status())?.tasks[0]?.id).not.toBe(before?.tasks[0]?.id);
});

test('a failed deployment is rolled back as the template asks, and applying it again tries again', async () => {
  const DeploymentConfiguration = { DeploymentCircuitBreaker: { Enable: true, Rollback: true } };
  const { properties } = await upService({ DeploymentConfiguration });
  writeFileSync(join(rig.host.stateDir, 'broken.cjs'), 'process.exit(3)');
  const { ref } = await resources.up('AWS::ECS::TaskDefinition', 'Task2', task({ Command: ['node', 'broken.cjs'] }));
  const next = { ...properties, TaskDefinition: ref };
  const failed = await resources.update('AWS::ECS::Service', 'Service', next);
  await expect(failed.steady?.()).rejects.toThrow('The deployment was rolled back: shop:1 runs again.');
  expect(await status()).toMatchObject({ healthy: 1 });
  writeFileSync(join(rig.host.stateDir, 'broken.cjs'), keepRunning);
  const fixed = await resources.update('AWS::ECS::Service', 'Service', next);
  await fixed.steady?.();
});

test('a changed count, target group and setting are taken up while the service runs', async () => {
  const { properties } = await upService({ LoadBalancers: [{ TargetGroupArn: 'group', ContainerPort: 80 }] });
  const other = new FakeTargetGroup();
  groups.set('other', other);
  const next = {
    ...properties,
    DesiredCount: 2,
    LoadBalancers: [{ TargetGroupArn: 'other' }],
    DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 },
  };
  const updated = await resources.update('AWS::ECS::Service', 'Service', next);
  await updated.steady?.();
  expect([other.registered.size, groups.get('group')?.registered.size]).toEqual([2, 0]);
  // Without a count in the template, the number of tasks stays as scaling has set it.
  family.services.get('service/Cluster/shop').scale(3);
  await resources.update('AWS::ECS::Service', 'Service', { ...next, DesiredCount: undefined });
  expect(await status()).toMatchObject({ desired: 3 });
});

test('an update that changes nothing keeps every task', async () => {
  const { properties } = await upService();
  const before = await status();
  const updated = await resources.update('AWS::ECS::Service', 'Service', properties);
  await updated.steady?.();
  expect(await status()).toEqual(before);
});

test('a task can be killed and the service restarted', async () => {
  const { running } = await upService();
  const before = await status();
  await expect(running.actions?.['kill']?.run({ task: 'shop-0000' })).rejects.toThrow(
    `shop has no task shop-0000. Its tasks: ${before?.tasks[0]?.id}.`,
  );
  await running.actions?.['kill']?.run({ task: before?.tasks[0]?.id });
  await eventually(async () => expect((await status())?.tasks[0]?.id).not.toBe(before?.tasks[0]?.id));
  expect(resources.notes.at(-1)).toMatch(/ended \(SIGKILL\)/);
  await running.actions?.['restart']?.run({});
});

test('a task definition that a laptop cannot run is refused', async () => {
  const refused = (definition: Record<string, unknown>) =>
    resources.up('AWS::ECS::TaskDefinition', 'Refused', definition).catch((error: Error) => error.message);
  expect(await refused(task({ DependsOn: [] }))).toContain(
    'Properties.ContainerDefinitions.0.DependsOn is not supported',
  );
  expect(await refused(task({ Command: [] }))).toContain('Properties.ContainerDefinitions.0');
  const two = { ContainerDefinitions: [container, { ...container, Name: 'b' }] };
  expect(await refused(two)).toContain('must not have more than 1 items. A task is one process on a laptop.');
});

test('a deployment that a laptop cannot make is refused', async () => {
  const refused = (DeploymentConfiguration: Record<string, unknown>) =>
    upService({ DeploymentConfiguration }).catch((error: Error) => error.message);
  expect(await refused({ Strategy: 'BLUE_GREEN' })).toContain('Properties.DeploymentConfiguration.Strategy');
  expect(await refused({ BakeTimeInMinutes: 5 })).toContain('BakeTimeInMinutes is not supported');
});

test('an image from a registry is refused, with the remedy', async () => {
  const assets = {
    ...rig.host.assets,
    image: () => {
      throw new Error('no asset');
    },
  };
  create({ ...rig.host, assets });
  await expect(resources.up('AWS::ECS::TaskDefinition', 'Task', task({ Image: 'nginx:1' }))).rejects.toThrow(
    /The image nginx:1 is no asset of the cloud assembly.*ContainerImage\.fromAsset\(directory\)/,
  );
});

test('without a command the one of the Dockerfile runs, and skipped build steps are reported', async () => {
  writeFileSync(
    join(rig.host.stateDir, 'Dockerfile'),
    'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "shop.cjs"]',
  );
  await upService({}, task({ Command: undefined }));
  expect(await status()).toMatchObject({ healthy: 1 });
  expect(resources.notes[0]).toMatch(/^tasks of shop run as processes .* skipped: RUN npm ci\. Have their results/);
});
