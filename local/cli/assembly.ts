import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { readAssembly, type Assets } from '../kernel/assembly/read-assembly.ts';
import type { Stack } from '../kernel/assembly/template.ts';
import { compiledDir } from '../resources/platform-environment.ts';
import { synthesize } from './synthesize.ts';

/** The source of the templates: this repository's CDK app, or the cloud assembly of another app. */
export interface AssemblySource {
  /** Synthesizes the assembly if needed and reads it. */
  read(signal: AbortSignal): Promise<readonly Stack[]>;
  /** The assets of the assembly that was read last. */
  readonly assets: Assets;
}

/** @param assemblyDir an existing cloud assembly to use instead of a synthesized one */
export function createAssemblySource(stateDir: string, assemblyDir: string | undefined): AssemblySource {
  const directory = assemblyDir ?? join(stateDir, 'assembly');
  let current: Assets | undefined;
  const assets = (): Assets => {
    if (current === undefined) throw new Error('The cloud assembly has not been read.');
    return current;
  };
  return {
    async read(signal) {
      const inUse = current !== undefined;
      const written = assemblyDir === undefined && (await synthesize(directory, inUse, signal));
      if (written && !inUse) rmSync(compiledDir(stateDir), { recursive: true, force: true });
      const assembly = readAssembly(directory);
      current = assembly.assets;
      return assembly.stacks;
    },
    assets: { image: (uri) => assets().image(uri), file: (key) => assets().file(key) },
  };
}
