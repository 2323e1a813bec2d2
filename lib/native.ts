import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { root } from './root.ts';

/** Where a bundle runs: this machine, or Fargate's Graviton processors. */
export type Platform = 'laptop' | 'fargate';

/** Packages with native code. They cannot be bundled: a bundle that uses one has it in a folder node_modules beside it. */
export const nativePackages = ['sharp'];

const modules = join(root, 'node_modules');
const fetched = join(modules, '.cache/headroom/native');
/** Not needed by a program that imports a package. */
const unused = new Set(['bin', 'src', 'install', 'README.md']);

/** Copies a package, those it depends on, and its native code for the platform, into `directory/node_modules`. */
export function stageNative(name: string, directory: string, platform: Platform): void {
  const copy = (from: string, packageName: string) => {
    const filter = (path: string) => !unused.has(basename(path));
    cpSync(from, join(directory, 'node_modules', packageName), { recursive: true, filter });
  };
  const { dependencies = {}, optionalDependencies = {} } = readPackage(join(modules, name));
  for (const each of [name, ...Object.keys(dependencies)]) copy(join(modules, each), each);
  for (const [prebuilt, version] of Object.entries(optionalDependencies)) {
    const installed = join(modules, prebuilt);
    if (platform === 'laptop') {
      if (existsSync(installed)) copy(installed, prebuilt);
    } else if (prebuilt.endsWith('-linux-arm64')) {
      const found = [installed, join(fetched, `${prebuilt}@${version}`)].find((path) => existsSync(path));
      if (found === undefined)
        throw new Error(`${prebuilt}@${version} is not there for AWS. Run: node scripts/fetch-native.mjs`);
      copy(found, prebuilt);
    }
  }
}

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readPackage = (path: string): Package => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Package;
