import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');

/** The folders that a top-level folder may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  bin: ['lib'],
  lib: [],
  app: [],
  lambda: ['app'],
  local: [],
  scripts: ['local'],
  bench: ['app', 'local'],
  ops: ['local'],
};

/** The parts of local/ that a folder of local/ may import besides itself. */
const allowedInLocal: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  http: [],
  host: ['kernel'],
  resources: ['kernel', 'http', 'host', 'status.ts'],
  endpoint: ['kernel', 'http', 'host'],
  cli: ['kernel', 'host', 'resources', 'endpoint', 'status.ts', 'client.ts'],
  'status.ts': ['kernel'],
  'client.ts': ['kernel', 'host', 'status.ts', 'cli'],
};

const files = Object.keys(allowed).flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
);

/** All imports, including type imports, as the importing file and the imported file. */
const imports = files.flatMap((from) => {
  const text = readFileSync(join(root, from), 'utf8');
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(
    ([, specifier]) => specifier,
  );
  return specifiers.map((specifier): [string, string] => [
    from,
    relative(root, resolve(root, dirname(from), specifier ?? '')),
  ]);
});

const folder = (file: string, depth = 0): string => file.split('/')[depth] ?? '';

test('imports are found, including type imports', () => {
  expect(imports).toContainEqual(['local/kernel/bring-up.ts', 'local/kernel/entries.ts']);
});

test('top-level folders import only the allowed ones: app and lambda import neither lib nor local', () => {
  const wrong = imports.filter(([from, to]) => {
    const [source, target] = [folder(from), folder(to)];
    return source !== target && target in allowed && !allowed[source]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test('within local/, the kernel imports no resource, and a resource imports neither the endpoint nor the commands', () => {
  const wrong = imports.filter(([from, to]) => {
    if (folder(from) !== 'local' || folder(to) !== 'local') return false;
    const [source, target] = [folder(from, 1), folder(to, 1)];
    return source !== target && !allowedInLocal[source]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test('a service or worker imports no other service or worker', () => {
  const unit = (file: string) => /^app\/(?:services|workers)\/[^/]+/.exec(file)?.[0];
  const wrong = imports.filter(([from, to]) => {
    const target = unit(to);
    return target !== undefined && folder(from) === 'app' && unit(from) !== target;
  });
  expect(wrong).toEqual([]);
});
