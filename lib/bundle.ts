import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, parse, resolve } from 'node:path';

import { GenMapping, maybeAddMapping, toEncodedMap } from '@jridgewell/gen-mapping';
import { TraceMap, eachMapping } from '@jridgewell/trace-mapping';
import { buildSync, version } from 'esbuild';
import type { BuildOptions } from 'esbuild';

import { nativePackages } from './native.ts';
import { root } from './root.ts';

/** CommonJS packages in an ES module still need these three names. */
const commonJs = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  'const require = createRequireForBundle(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

const options = {
  absWorkingDir: root,
  write: false,
  // As deep as the copy that runs on a laptop, so that the source map's relative paths lead to the sources.
  outdir: '.headroom/assembly/asset',
  metafile: true,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: commonJs },
  sourcemap: true,
  sourcesContent: false,
  // Tree shaking halves packages that ship ES modules beside CommonJS.
  mainFields: ['module', 'main'],
  minify: true,
  // Logs name errors by their class.
  keepNames: true,
  legalComments: 'none',
  external: ['pg-native', ...nativePackages],
  alias: {
    yaml: './lib/unused.ts',
    'light-my-request': './lib/unused.ts',
    'source-map': './lib/unused.ts',
    // Otherwise three copies: Fastify passes this one to Ajv, which depends on an older one and calls none but what it is passed.
    'fast-uri': './node_modules/@fastify/ajv-compiler/node_modules/fast-uri/index.js',
    'node:http': './lib/builtin-http.cjs',
    http: './lib/builtin-http.cjs',
  },
  logLevel: 'warning',
} satisfies BuildOptions;

/** A bundle and the hashes of its inputs: it is rebuilt only when one of them changes. */
interface Bundle {
  /** Hash of the options, the installed packages and esbuild's version. */
  readonly tools: string;
  /** Hash of each source file, by path from the root. */
  readonly sources: Readonly<Record<string, string>>;
  /** Text of each output file, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Those of `nativePackages` that it imports. */
  readonly native: readonly string[];
}

const bundles = new Map<string, Bundle>();

/**
 * Bundles an entry point and the packages it uses into `directory/file`, with a source map and a package.json that makes
 * Node load it as an ES module. The same sources give the same bytes on every machine.
 *
 * Bundling the whole system takes ten times as long as synthesizing it, so bundles are cached in node_modules/.cache.
 *
 * @returns the packages with native code that it needs beside it
 */
export function bundle(entry: string, directory: string, file: string): readonly string[] {
  const cacheFile = join(root, 'node_modules/.cache/headroom', `${entry.replaceAll('/', '-')}.json`);
  const tools = hash(
    version,
    JSON.stringify(options),
    file,
    readFileSync(join(root, 'node_modules/.package-lock.json')),
  );
  let current = bundles.get(entry) ?? readBundle(cacheFile);
  if (current?.tools !== tools || !isCurrent(current)) {
    current = { tools, ...build(entry, file) };
    writeAtomically(cacheFile, JSON.stringify(current));
  }
  bundles.set(entry, current);

  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(current.files)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}\n');
  return current.native;
}

function build(entry: string, file: string): Omit<Bundle, 'tools'> {
  const { outputFiles, metafile } = buildSync({
    ...options,
    entryPoints: [{ in: entry, out: parse(file).name }],
  });
  const imported = new Set(Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)));
  const own = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
  return {
    sources: Object.fromEntries(own.map((path) => [path, hash(readFileSync(resolve(root, path)))])),
    native: nativePackages.filter((name) => imported.has(name)),
    files: Object.fromEntries(
      outputFiles.map(({ path, text }) => [basename(path), path.endsWith('.map') ? mapOwnCode(text) : text]),
    ),
  };
}

/**
 * Returns a source map without the packages, which are 99 % of it. Node parses the whole map when a stack trace is first
 * read, as pino does at start: with the packages in it, that took 300 ms and 75 MB in every task.
 */
function mapOwnCode(json: string): string {
  const own = new GenMapping();
  eachMapping(new TraceMap(json), (mapping) => {
    const { generatedLine: line, generatedColumn: column, source, originalLine, originalColumn, name } = mapping;
    const generated = { line, column };
    if (source === null || source.includes('/node_modules/')) return maybeAddMapping(own, { generated });
    const original = { line: originalLine, column: originalColumn };
    return maybeAddMapping(own, { generated, source, original, name: name ?? '' });
  });
  return JSON.stringify(toEncodedMap(own));
}

function isCurrent({ sources }: Bundle): boolean {
  return Object.entries(sources).every(([path, before]) => {
    try {
      return hash(readFileSync(resolve(root, path))) === before;
    } catch {
      return false;
    }
  });
}

function readBundle(file: string): Bundle | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Bundle;
  } catch {
    return undefined;
  }
}

/** Concurrent synths never read a partly written file. */
function writeAtomically(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

function hash(...parts: (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

/** Calls `make` with an empty directory, then deletes it: CDK copies an asset's files when the asset is created. */
export function stage<Asset>(make: (directory: string) => Asset): Asset {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-asset-'));
  try {
    return make(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
