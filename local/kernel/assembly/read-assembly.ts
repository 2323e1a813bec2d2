import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';

import { Refusal } from '../refusal.ts';
import type { Stack, Template } from './template.ts';

/** The account of stacks that are synthesized without one. */
export const anyAccount = '000000000000';
const anyRegion = 'us-east-1';

/** What an image is built from. */
export interface ImageAsset {
  /** Absolute path of the build context. */
  readonly directory: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  /** Name of the stage that is built. @default - the last one */
  readonly target?: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** The assets in a cloud assembly. Both functions throw for an asset that is not there. */
export interface Assets {
  /** By the URI in the task definition. */
  image(uri: string): ImageAsset;
  /** The directory or file with an object key of the assets bucket. */
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
  const images = new Map<string, ImageAsset>();
  const files = new Map<string, string>();
  readStage(open(resolve(directory)));
  return {
    stacks,
    assets: {
      image: (uri) => found(images, uri.slice(uri.lastIndexOf(':') + 1), `image ${uri}`, (asset) => asset.directory),
      file: (key) => found(files, key, `file ${key}`, (path) => path),
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
      if (source.directory === undefined) continue;
      const context = join(stage, source.directory);
      const image: ImageAsset = {
        directory: context,
        dockerfile: join(context, source.dockerFile ?? 'Dockerfile'),
        target: source.dockerBuildTarget,
        buildArgs: source.dockerBuildArgs ?? {},
      };
      for (const { imageTag } of Object.values(destinations)) images.set(imageTag, image);
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

function found<T>(assets: ReadonlyMap<string, T>, key: string, what: string, pathOf: (asset: T) => string): T {
  const asset = assets.get(key);
  if (asset === undefined || !existsSync(pathOf(asset))) {
    throw new Error(`The cloud assembly has no asset for ${what}. Synthesize it again.`);
  }
  return asset;
}
