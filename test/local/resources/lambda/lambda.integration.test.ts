import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { lambda } from '../../../../local/resources/lambda/lambda.ts';
import { createResources } from '../../../support/resources.ts';
import { createTestHost } from '../ecs/host.ts';

let rig: ReturnType<typeof createTestHost>;
let family: ReturnType<typeof lambda>;
let resources: ReturnType<typeof createResources>;
let file: string;

beforeEach(() => {
  rig = createTestHost();
  family = lambda({ host: rig.host });
  resources = createResources(family.definitions);
  file = join(rig.host.stateDir, 'ran.txt');
});

afterEach(() => rig.dispose());

const properties = (name: string) => ({
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Code: { S3Key: 'x.zip' },
  Timeout: 10,
  Environment: { Variables: { NAME: name } },
});

const code = (path: string) =>
  `exports.handler = async () => require('node:fs').appendFileSync(${JSON.stringify(path)}, process.env.NAME + ' ');`;

async function upFunction(source: string): Promise<string> {
  writeFileSync(join(rig.host.stateDir, 'index.cjs'), source);
  const { ref } = await resources.up('AWS::Lambda::Function', 'Migrations', properties('orders'));
  return (await resources.up('AWS::Lambda::Version', 'Version', { FunctionName: ref })).ref;
}

test('a trigger runs the function behind a version', async () => {
  const HandlerArn = await upFunction(code(file));
  expect(HandlerArn).toBe('arn:aws:lambda:eu-central-1:000000000000:function:migrations:1');
  expect(resources.label('Custom::Trigger', 'Trigger', { HandlerArn })).toBe('migrations');
  await resources.up('Custom::Trigger', 'Trigger', { HandlerArn, ServiceToken: 'arn', Timeout: '120000' });
  expect(readFileSync(file, 'utf8')).toBe('orders ');
});

test('a changed function is published as another version, and its trigger runs again', async () => {
  const first = await upFunction(code(file));
  await resources.up('Custom::Trigger', 'Trigger', { HandlerArn: first });
  const { ref } = await resources.update('AWS::Lambda::Function', 'Migrations', properties('payments'));
  const second = await resources.up('AWS::Lambda::Version', 'Version2', { FunctionName: ref });
  expect(second.ref).toBe(first.replace(/1$/, '2'));
  await resources.update('Custom::Trigger', 'Trigger', { HandlerArn: second.ref });
  expect(readFileSync(file, 'utf8')).toBe('orders payments ');
  // A version is what the function was when it was published.
  await family.functions.get(first).invoke({}, resources.context.stopping);
  expect(readFileSync(file, 'utf8')).toBe('orders payments orders ');
});

test('a trigger that is not to follow its handler does not run again', async () => {
  const HandlerArn = await upFunction(code(file));
  await resources.up('Custom::Trigger', 'Trigger', { HandlerArn });
  await resources.update('Custom::Trigger', 'Trigger', { HandlerArn, ExecuteOnHandlerChange: false });
  expect(readFileSync(file, 'utf8')).toBe('orders ');
});

test('a trigger whose function fails, fails with its message and its log', async () => {
  const HandlerArn = await upFunction(`exports.handler = async () => { throw new Error('no such column'); };`);
  await expect(resources.up('Custom::Trigger', 'Trigger', { HandlerArn })).rejects.toThrow(
    /no such column\n  Its log: .*\/logs\/migrations\.log$/,
  );
});

test.each([
  [{ Runtime: 'python3.13', Handler: 'index.handler', Code: { S3Key: 'x.zip' } }, 'is in python3.13'],
  [{ Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile: '' } }, 'has no asset to run'],
  [{ PackageType: 'Image', Code: { ImageUri: 'x:1' } }, 'has no asset to run'],
  [{ ...properties('x'), Layers: ['arn:layer'] }, 'has layers'],
])('%j is refused only when it is invoked', async (stated, reason) => {
  const fn = await resources.up('AWS::Lambda::Function', 'Other', stated);
  const handle = family.functions.get(fn.attributes?.['Arn'] ?? '');
  await expect(handle.invoke({}, resources.context.stopping)).rejects.toThrow(reason);
});

test('a property that has no effect on a laptop and no reason for that is refused', async () => {
  await expect(
    resources.up('AWS::Lambda::Function', 'Other', { ...properties('x'), DeadLetterConfig: {} }),
  ).rejects.toThrow('Properties.DeadLetterConfig is not supported');
});
