import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from '@jest/globals';

import type { Host } from '../local/host/host.ts';
import { isRun } from '../local/kernel/resource.ts';
import { createDefinitions } from '../local/resources/families.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

test('docs/another-app.md lists exactly the resource types that are run', () => {
  const host = { endpointUrl: 'http://127.0.0.1:4566', region: 'eu-central-1' } as Host;
  const run = createDefinitions(host, async () => '').filter(isRun);
  const expected = run.map(({ type }) => (type.startsWith('AWS::') ? (type.split('::')[2] ?? '') : type));
  const rows = /## What is run\n\n([^]*?)\n\n/.exec(read('docs/another-app.md'))?.[1] ?? '';
  const listed = rows
    .split('\n')
    .flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`([\w:]+)`/g)].map(([, name]) => name ?? ''));
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/another-app.md',
  'docs/cloudfront.md',
  'docs/operations.md',
  'docs/decisions/README.md',
])('every link of %s to a file of the repository leads somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '');
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !existsSync(join(root, file, '..', link)))).toEqual([]);
});

test('every test that docs/cloudfront.md names exists, and every rule names one', () => {
  const text = read('docs/cloudfront.md').split('## What is not emulated', 1)[0] ?? '';
  const rules = text.split('\n').filter((line) => /^\| (?!rule|-)/.test(line));
  const named = rules.map((rule) => [...rule.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, file]) => file ?? ''));
  expect(rules.length).toBeGreaterThan(0);
  expect(rules.filter((_, index) => named[index]!.length === 0)).toEqual([]);
  const folder = join(root, 'test/local/resources/cloudfront');
  expect(named.flat().filter((file) => !existsSync(join(folder, file)))).toEqual([]);
});

test('the index of decisions lists each of them once, in order', () => {
  const files = readdirSync(join(root, 'docs/decisions')).filter((file) => file !== 'README.md');
  const rows = [...read('docs/decisions/README.md').matchAll(/^\| \[(\d+)\]\(([^)]*)\)/gm)];
  expect(rows.map(([, , file]) => file)).toEqual(files.toSorted());
  expect(rows.map(([, number = '', file]) => file?.startsWith(`${number.padStart(4, '0')}-`))).not.toContain(false);
});
