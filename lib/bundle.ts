import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { buildSync } from 'esbuild';

/** The root of the repository: entries are named from here, so that bundles hold no path of the machine. */
export const root = join(import.meta.dirname, '..');

/** CommonJS packages in an ES module still want these three. */
const commonJs = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  'const require = createRequireForBundle(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/**
 * Bundles an entry point and all packages it uses into `directory/file`, with a source map and the package.json that
 * makes Node read it as an ES module. The same sources give the same bytes on every machine.
 */
export function bundle(entry: string, directory: string, file: string): void {
  mkdirSync(directory, { recursive: true });
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(root, 'bundle', file),
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: commonJs },
    sourcemap: true,
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    external: ['pg-native'],
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) writeFileSync(join(directory, basename(path)), contents);
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}\n');
}

const staging = mkdtempSync(join(tmpdir(), 'headroom-'));
process.on('exit', () => rmSync(staging, { recursive: true, force: true }));

/** An empty directory to gather an asset in, gone when the process ends. */
export const stagingDirectory = (name: string): string => join(staging, name);
