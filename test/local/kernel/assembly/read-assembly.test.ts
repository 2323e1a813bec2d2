import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { readAssembly } from '../../../../local/kernel/assembly/read-assembly.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-assembly-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, content: unknown): void {
  const file = join(directory, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

function writeStage(environment: string): void {
  write('manifest.json', {
    version: '50.0.0',
    artifacts: {
      'assembly-local': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-local' } },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  });
  write('assembly-local/manifest.json', {
    version: '50.0.0',
    artifacts: {
      'data.assets': { type: 'cdk:asset-manifest', properties: { file: 'data.assets.json' } },
      data: {
        type: 'aws:cloudformation:stack',
        environment,
        properties: { templateFile: 'data.template.json', stackName: 'headroom-local-data' },
      },
    },
  });
  write('assembly-local/data.template.json', { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } });
  write('assembly-local/data.assets.json', {
    version: '50.0.0',
    files: { f00: { source: { path: '../asset.f00' }, destinations: { here: { objectKey: 'f00.zip' } } } },
    dockerImages: {
      d00: { source: { directory: '../asset.d00' }, destinations: { here: { imageTag: 'd00' } } },
      d01: {
        source: {
          directory: '../asset.d00',
          dockerFile: 'web/Dockerfile',
          dockerBuildTarget: 'web',
          dockerBuildArgs: { STAGE: 'prod' },
        },
        destinations: { here: { imageTag: 'd01' } },
      },
    },
  });
  write('asset.f00/index.js', '');
  write('asset.d00/main.js', '');
}

test('stacks of nested stages are read with their names, regions and accounts', () => {
  writeStage('aws://123456789012/eu-central-1');
  expect(readAssembly(directory).stacks).toEqual([
    {
      name: 'headroom-local-data',
      region: 'eu-central-1',
      accountId: '123456789012',
      template: { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } },
    },
  ]);
});

test('an unknown account and region have defaults', () => {
  writeStage('aws://unknown-account/unknown-region');
  expect(readAssembly(directory).stacks).toMatchObject([{ accountId: '000000000000', region: 'us-east-1' }]);
});

test('an image is found by the tag in its URI, a file by its key', () => {
  writeStage('aws://unknown-account/eu-central-1');
  const { assets } = readAssembly(directory);
  expect(assets.image('000000000000.dkr.ecr.eu-central-1.amazonaws.com/assets:d00')).toEqual({
    directory: join(directory, 'asset.d00'),
    dockerfile: join(directory, 'asset.d00', 'Dockerfile'),
    buildArgs: {},
  });
  expect(assets.image('registry/assets:d01')).toMatchObject({
    dockerfile: join(directory, 'asset.d00', 'web/Dockerfile'),
    target: 'web',
    buildArgs: { STAGE: 'prod' },
  });
  expect(assets.file('f00.zip')).toBe(join(directory, 'asset.f00'));
});

test('a missing asset is named', () => {
  writeStage('aws://unknown-account/eu-central-1');
  const { assets } = readAssembly(directory);
  expect(() => assets.image('public.ecr.aws/nginx:1')).toThrow('no asset for image public.ecr.aws/nginx:1');
  rmSync(join(directory, 'asset.f00'), { recursive: true });
  expect(() => assets.file('f00.zip')).toThrow('no asset for file f00.zip');
});

test('a folder without an assembly is named', () => {
  expect(() => readAssembly(directory)).toThrow(`${directory} is not a readable cloud assembly`);
});
