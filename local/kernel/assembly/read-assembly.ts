import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ArtifactType, Manifest } from 'aws-cdk-lib/cloud-assembly-schema';
import type {
  AssetManifest,
  AssetManifestProperties,
  AwsCloudFormationStackProperties,
  NestedCloudAssemblyProperties,
} from 'aws-cdk-lib/cloud-assembly-schema';

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
  try {
    readStage(resolve(directory));
  } catch (error) {
    throw new Refusal(
      `${directory} is not a readable cloud assembly: ${(error as Error).message}. Name the folder that cdk synth wrote, such as cdk.out.`,
      { cause: error },
    );
  }
  return {
    stacks,
    assets: {
      image: (uri) => found(images, uri.slice(uri.lastIndexOf(':') + 1), `image ${uri}`, (asset) => asset.directory),
      file: (key) => found(files, key, `file ${key}`, (path) => path),
    },
  };

  function readStage(stage: string): void {
    // Accepts assemblies of newer CDK versions: the parts used here are stable.
    const { artifacts = {} } = Manifest.loadAssemblyManifest(join(stage, 'manifest.json'), {
      skipVersionCheck: true,
      skipEnumCheck: true,
    });
    for (const [id, { type, environment = '', properties = {} }] of Object.entries(artifacts)) {
      if (type === ArtifactType.NESTED_CLOUD_ASSEMBLY) {
        readStage(join(stage, (properties as NestedCloudAssemblyProperties).directoryName));
      } else if (type === ArtifactType.ASSET_MANIFEST) {
        readAssets(stage, Manifest.loadAssetManifest(join(stage, (properties as AssetManifestProperties).file)));
      } else if (type === ArtifactType.AWS_CLOUDFORMATION_STACK) {
        const { stackName = id, templateFile } = properties as AwsCloudFormationStackProperties;
        const template = JSON.parse(readFileSync(join(stage, templateFile), 'utf8')) as Template;
        stacks.push({ name: stackName, ...readEnvironment(environment), template });
      }
    }
  }

  function readAssets(stage: string, manifest: AssetManifest): void {
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

/** Reads `aws://ACCOUNT/REGION`, where the CDK writes `unknown-account` and `unknown-region` for what the app leaves open. */
function readEnvironment(environment: string): Pick<Stack, 'accountId' | 'region'> {
  const [account = '', region = ''] = environment.replace('aws://', '').split('/');
  return {
    accountId: /^\d{12}$/.test(account) ? account : anyAccount,
    region: region === '' || region === 'unknown-region' ? anyRegion : region,
  };
}

function found<T>(assets: ReadonlyMap<string, T>, key: string, what: string, pathOf: (asset: T) => string): T {
  const asset = assets.get(key);
  if (asset === undefined || !existsSync(pathOf(asset))) {
    throw new Error(`The cloud assembly has no asset for ${what}. Synthesize it again.`);
  }
  return asset;
}
