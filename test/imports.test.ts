import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const rooms = ['bin', 'lib', 'app', 'lambda', 'local', 'scripts'];

/** What a room may import besides itself. */
const allowed: Record<string, string[]> = {
  bin: ['lib'],
  lib: [],
  app: [],
  lambda: ['app'],
  local: [],
  scripts: ['local'],
};

const files = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(room, file)),
);

/** Each import as the file it stands in and the file it names. */
let imports: [string, string][];
beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    bundle: true,
    write: false,
    outdir: 'unused',
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  imports = Object.entries(metafile.inputs).flatMap(([from, { imports: targets }]) =>
    targets
      .filter(({ external }) => !external)
      .map(({ path }): [string, string] => [from, relative(root, resolve(root, path))]),
  );
});

const room = (file: string) => file.split('/')[0] ?? '';

test('imports between rooms point one way: bin to lib, app and lambda know nothing of lib and local', () => {
  const wrong = imports.filter(
    ([from, to]) => room(from) !== room(to) && rooms.includes(room(to)) && !allowed[room(from)]?.includes(room(to)),
  );
  expect(wrong).toEqual([]);
});

test('a service or worker imports the kit and itself, never another service or worker', () => {
  const unit = (file: string) => /^app\/(?:services|workers)\/[^/]+/.exec(file)?.[0];
  const wrong = imports.filter(([from, to]) => {
    const target = unit(to);
    return target !== undefined && room(from) === 'app' && unit(from) !== target;
  });
  expect(wrong).toEqual([]);
});
