import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';

import { Refusal } from '../refusal.ts';
import type { Stack, Template } from './template.ts';

/** The account of stacks that are synthesized without one. */
export const anyAccount = '000000000000';
const anyRegion = 'us-east-1';

/** The assets in a cloud assembly. Both functions throw for an asset that is not there. */
export interface Assets {
  /** Returns the build directory of an image, by the URI in the task definition. */
  image(uri: string): string;
  /** Returns a directory or file, by its object key in the assets bucket. */
  file(key: string): string;
}

export interface Assembly {
  readonly stacks: readonly Stack[];
  readonly assets: Assets;
}

/**
 * Reads a synthesized cloud assembly, including its stages.
 * @throws Refusal if the directory has no readable assembly
 */
export function readAssembly(directory: string): Assembly {
  const stacks: Stack[] = [];
  const images = new Map<string, string>();
  const files = new Map<string, string>();
  readStage(open(resolve(directory)));
  return {
    stacks,
    assets: {
      image: (uri) => found(images, uri.slice(uri.lastIndexOf(':') + 1), `image ${uri}`),
      file: (key) => found(files, key, `file ${key}`),
    },
  };

  function readStage(stage: CloudAssembly): void {
    for (const { stackName, environment, template } of stage.stacks) {
      const { account, region } = environment;
      stacks.push({
        name: stackName,
        accountId: /^\d{12}$/.test(account) ? account : anyAccount,
        region: region === 'unknown-region' ? anyRegion : region,
        template: template as Template,
      });
    }
    for (const artifact of stage.artifacts.filter(AssetManifestArtifact.isAssetManifestArtifact)) {
      readAssets(stage.directory, artifact.contents);
    }
    for (const { nestedAssembly } of stage.nestedAssemblies) readStage(nestedAssembly);
  }

  function readAssets(stage: string, manifest: AssetManifestArtifact['contents']): void {
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      for (const { objectKey } of Object.values(destinations)) files.set(objectKey, join(stage, source.path ?? ''));
    }
    for (const { source, destinations } of Object.values(manifest.dockerImages ?? {})) {
      for (const { imageTag } of Object.values(destinations)) images.set(imageTag, join(stage, source.directory ?? ''));
    }
  }
}

function open(directory: string): CloudAssembly {
  try {
    // Accepts assemblies of newer CDK versions: the parts used here are stable.
    return new CloudAssembly(directory, { skipVersionCheck: true });
  } catch (error) {
    throw new Refusal(
      `${directory} is not a readable cloud assembly: ${(error as Error).message}. Name the folder that cdk synth wrote, such as cdk.out.`,
      { cause: error },
    );
  }
}

function found(assets: ReadonlyMap<string, string>, key: string, what: string): string {
  const path = assets.get(key);
  if (path === undefined || !existsSync(path)) {
    throw new Error(`The cloud assembly has no asset for ${what}. Synthesize it again.`);
  }
  return path;
}
