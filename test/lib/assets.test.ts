import { expect, test } from '@jest/globals';

import { system } from '../../lib/system.ts';
import { synthesize } from './synth.ts';

const { assets } = await synthesize();

test('each service and worker has one image, shared by all environments; with native code, another on a laptop', () => {
  const images = assets.filter(({ dockerfile }) => dockerfile !== undefined);
  const native = images.filter(({ files }) => 'node_modules' in files);
  // That of `imager`, for each processor.
  expect([images.length - native.length, native.length]).toEqual([system.length - 1, 2]);
});

test('an image has only copied files, a pinned Node and a user other than root', () => {
  for (const { files, dockerfile } of assets) {
    if (dockerfile === undefined) continue;
    const names = Object.keys(files).filter((name) => name !== 'node_modules');
    expect(names.toSorted()).toEqual(['Dockerfile', 'health.js', 'main.js', 'main.js.map', 'package.json']);
    // The Node that runs this test and the laptop's system.
    expect(dockerfile).toMatch(new RegExp(`^FROM \\S+:${process.versions.node}-\\S+$`, 'm'));
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^CMD \["node", "main.js"\]$/m);
    expect(dockerfile).not.toMatch(/^RUN/m);
  }
});

test('every bundle is smaller than 2.2 MB, so that tasks and functions start fast', () => {
  const sizes = assets.map(({ files }) => files['main.js'] ?? files['index.js']);
  expect(sizes.filter((size) => size === undefined || size >= 2_200_000)).toEqual([]);
});

test('only environments with the demo catalogue carry its films', () => {
  const migrations = assets.filter(({ files }) => 'migrations' in files);
  expect(migrations).toHaveLength(2);
  expect(migrations.filter(({ files }) => 'films.json' in files)).toHaveLength(1);
});
