import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-load-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns what is printed for a settings file with this text; jest's own module loader has other errors than Node's. */
function faultOf(text: string): string {
  writeFileSync(join(folder, 'settings.ts'), text);
  const program = `import { loadFault } from ${JSON.stringify(join(root, 'bin/load-fault.ts'))};
    await import('./settings.ts').catch((error) => console.log(loadFault(error, process.cwd())))`;
  const options = { cwd: folder, encoding: 'utf8' } as const;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], options).trimEnd();
}

test.each([
  [
    'a syntax error',
    'export const a = {\n  x: 1\n  y: 2,\n};\n',
    "settings.ts:3: Expected ',', got 'ident'\n  x: 1\n  y: 2,\n  ^\n};",
  ],
  [
    'syntax that Node cannot run',
    'enum Size { small }\n',
    'settings.ts:1: TypeScript enum is not supported in strip-only mode\nenum Size { small }\n^^^^^^^^^^^^^^^^^^^',
  ],
  [
    'an import of a missing file',
    "import { join } from 'node:path';\nimport { sizes } from './sizes.ts';\nexport const a = join(sizes);\n",
    "settings.ts:2: Cannot find module 'sizes.ts'\nimport { sizes } from './sizes.ts';",
  ],
  [
    'an import of a missing package',
    "import {\n  a,\n} from 'no-such-package/part';\nexport const b = a;\n",
    "settings.ts:3: Cannot find package 'no-such-package'\n} from 'no-such-package/part';",
  ],
  [
    'an import of a missing name',
    "import { jion } from 'node:path';\nexport const a = jion('b');\n",
    "settings.ts:1: The requested module 'node:path' does not provide an export named 'jion'\nimport { jion } from 'node:path';\n         ^^^^",
  ],
  [
    'a name that is not imported',
    'export const a =\n  RetentionDays.ONE_DAY;\n',
    'settings.ts:2: RetentionDays is not defined',
  ],
])('%s is reported by file, line and reason', (_what, text, report) => {
  expect(faultOf(text)).toBe(report);
});

test.each(['lib/config/environments.ts', 'lib/system.ts'])('the CDK app reports a syntax error in %s', (file) => {
  const clone = join(folder, file.replaceAll(/\W/g, ''));
  for (const part of ['bin', 'lib', 'cdk.json', 'package.json'])
    cpSync(join(root, part), join(clone, part), { recursive: true });
  mkdirSync(join(clone, 'app'));
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  writeFileSync(join(clone, file), 'export const x = {\n  a: 1,\n  b: c: 2,\n};\n');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/headroom.ts'], { cwd: clone, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `${file}:3: Expected ',', got ':'\n  a: 1,\n  b: c: 2,\n      ^\n};\n`,
  });
});
