import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');

test('the cdk script installs what is missing first', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { cdk: string } };
  expect(scripts.cdk).toBe('node scripts/setup.mjs && exec cdk');
});

test('the CDK CLI runs the app with the Node of the repository, whatever the PATH has', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-cdk-'));
  try {
    const args = ['node_modules/aws-cdk/bin/cdk', 'list', '-c', 'env=dev', '--output', join(directory, 'out')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: '/nonexistent', HOME: directory, CI: 'true' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe('dev/Network (headroom-dev-network)');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
