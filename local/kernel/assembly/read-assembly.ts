import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Assets } from '../driver.ts';
import type { Stack, Template } from './template.ts';

/** Stands in for the account of a stack that is synthesized for any account. */
export const anyAccount = '000000000000';
const anyRegion = 'us-east-1';

export interface Assembly {
  readonly stacks: readonly Stack[];
  readonly assets: Assets;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly directoryName?: string;
    readonly file?: string;
  };
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
  readonly dockerImages?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly directory?: string };
        readonly destinations: Readonly<Record<string, { readonly imageTag: string }>>;
      }
    >
  >;
}

/** Reads a synthesized cloud assembly with its stages; throws when there is none or it cannot be read. */
export function readAssembly(directory: string): Assembly {
  const stacks: Stack[] = [];
  const images = new Map<string, string>();
  const files = new Map<string, string>();
  readStage(resolve(directory));
  return {
    stacks,
    assets: {
      image: (uri) => found(images, uri.slice(uri.lastIndexOf(':') + 1), `image ${uri}`),
      file: (key) => found(files, key, `file ${key}`),
    },
  };

  function readStage(stage: string): void {
    const manifest = readJson(join(stage, 'manifest.json')) as { artifacts?: Record<string, Artifact> };
    for (const [id, { type, environment, properties = {} }] of Object.entries(manifest.artifacts ?? {})) {
      if (type === 'cdk:cloud-assembly') readStage(join(stage, properties.directoryName ?? id));
      else if (type === 'cdk:asset-manifest') readAssets(stage, properties.file ?? `${id}.assets.json`);
      else if (type === 'aws:cloudformation:stack') {
        stacks.push({
          name: properties.stackName ?? id,
          ...readEnvironment(environment),
          template: readJson(join(stage, properties.templateFile ?? `${id}.template.json`)) as Template,
        });
      }
    }
  }

  function readAssets(stage: string, file: string): void {
    const manifest = readJson(join(stage, file)) as AssetManifest;
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      for (const { objectKey } of Object.values(destinations)) files.set(objectKey, join(stage, source.path ?? ''));
    }
    for (const { source, destinations } of Object.values(manifest.dockerImages ?? {})) {
      for (const { imageTag } of Object.values(destinations)) images.set(imageTag, join(stage, source.directory ?? ''));
    }
  }
}

/** `aws://ACCOUNT/REGION`, where CDK writes `unknown-account` and `unknown-region` for what is left open. */
function readEnvironment(environment = ''): { accountId: string; region: string } {
  const [accountId = '', region = ''] = environment.replace('aws://', '').split('/');
  return {
    accountId: /^\d{12}$/.test(accountId) ? accountId : anyAccount,
    region: region === '' || region === 'unknown-region' ? anyRegion : region,
  };
}

function found(assets: ReadonlyMap<string, string>, key: string, what: string): string {
  const path = assets.get(key);
  if (path === undefined || !existsSync(path)) {
    throw new Error(`The cloud assembly holds no asset for ${what}. Synthesize it again.`);
  }
  return path;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`Cannot read the cloud assembly at ${file}: ${(error as Error).message}`, { cause: error });
  }
}
