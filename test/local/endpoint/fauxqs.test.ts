import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkVersion } from '../../../local/endpoint/fauxqs.ts';

test('the installed fauxqs is the version that the patches are for', () => {
  const { version } = JSON.parse(readFileSync('node_modules/fauxqs/package.json', 'utf8')) as { version: string };
  expect(() => checkVersion(version)).not.toThrow();
});

test('another version of fauxqs is refused with the file to check', () => {
  expect(() => checkVersion('2.7.0')).toThrow(
    'fauxqs 2.7.0 is installed, and local/endpoint/fauxqs.ts patches the inside of 2.4.1.',
  );
});
