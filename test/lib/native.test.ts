import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { stageNative } from '../../lib/native.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headroom-native-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const packages = (folder = '') => readdirSync(join(directory, 'node_modules', folder)).toSorted();

test('a task on AWS has the native code for Graviton alone', () => {
  stageNative('sharp', directory, 'fargate');
  expect(packages()).toEqual(['@img', 'detect-libc', 'semver', 'sharp']);
  expect(packages('@img')).toEqual(['colour', 'sharp-libvips-linux-arm64', 'sharp-linux-arm64']);
  expect(packages('@img/sharp-libvips-linux-arm64/lib')).toContainEqual(expect.stringMatching(/^libvips-cpp\.so/));
});

test('a task on a laptop runs on what is beside it', () => {
  stageNative('sharp', directory, 'laptop');
  const script = join(directory, 'main.mjs');
  writeFileSync(
    script,
    `import sharp from 'sharp';
     const image = sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } });
     console.log((await sharp(await image.webp().toBuffer()).metadata()).format);`,
  );
  expect(execFileSync(process.execPath, [script], { cwd: directory, encoding: 'utf8' })).toBe('webp\n');
});
