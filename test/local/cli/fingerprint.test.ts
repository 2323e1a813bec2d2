import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fingerprint } from '../../../local/cli/fingerprint.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'headroom-fingerprint-'));
  mkdirSync(join(dir, 'app'));
  writeFileSync(join(dir, 'app/main.ts'), 'one');
});
afterEach(() => rmSync(dir, { recursive: true }));

const now = () => fingerprint([join(dir, 'app'), join(dir, 'missing.json')]);

test('the fingerprint of unchanged files is the same', () => {
  expect(now()).toBe(now());
});

test.each([
  ['a change of the length of a file', () => writeFileSync(join(dir, 'app/main.ts'), 'three')],
  ['a change of the time of a file', () => utimesSync(join(dir, 'app/main.ts'), 1, 1)],
  ['a new file', () => writeFileSync(join(dir, 'app/other.ts'), '')],
  ['a deleted file', () => rmSync(join(dir, 'app/main.ts'))],
  ['a file at a path that was missing', () => writeFileSync(join(dir, 'missing.json'), '{}')],
])('%s changes it', (_, change) => {
  const before = now();
  change();
  expect(now()).not.toBe(before);
});
