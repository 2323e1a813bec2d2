import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}
export type Template = { readonly Resources: Readonly<Record<string, Resource>> };

export interface Assembly {
  /** By environment and stack, such as `prod/Data`. */
  readonly templates: ReadonlyMap<string, Template>;
  /** What images and functions are made of. */
  readonly assets: readonly Asset[];
}

export interface Asset {
  /** Size in bytes of each file, by name. */
  readonly files: Readonly<Record<string, number>>;
  /** The text of an image's Dockerfile. */
  readonly dockerfile?: string;
}

/** Runs bin/headroom.ts as the CDK CLI does, with no credentials, no home and no account. */
export function synthesize(): Assembly {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-synth-'));
  try {
    execFileSync(process.execPath, ['bin/headroom.ts'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', CDK_OUTDIR: directory },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const names = readdirSync(directory);
    return {
      templates: new Map(
        names.filter((name) => name.startsWith('assembly-')).flatMap((name) => templates(directory, name)),
      ),
      assets: names.filter((name) => name.startsWith('asset.')).map((name) => readAsset(join(directory, name))),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function readAsset(directory: string): Asset {
  const files = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).size] as const);
  const dockerfile = join(directory, 'Dockerfile');
  return {
    files: Object.fromEntries(files),
    dockerfile: existsSync(dockerfile) ? readFileSync(dockerfile, 'utf8') : undefined,
  };
}

function templates(directory: string, assembly: string): [string, Template][] {
  const environment = assembly.slice('assembly-'.length);
  return readdirSync(join(directory, assembly)).flatMap((file) => {
    const stack = new RegExp(`^${environment}(\\w+?)[0-9A-F]{8}\\.template\\.json$`).exec(file)?.[1];
    if (!stack) return [];
    return [[`${environment}/${stack}`, JSON.parse(readFileSync(join(directory, assembly, file), 'utf8')) as Template]];
  });
}

/** Resources of one type, by logical id. */
export const resourcesOf = ({ Resources }: Template, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(Resources).filter(([, resource]) => resource.Type === type);

/** Logical ids of all resources of these types. */
export const idsOf = (template: Template, ...types: string[]): readonly string[] =>
  types.flatMap((type) => resourcesOf(template, type).map(([id]) => id));
