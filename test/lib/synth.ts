import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  /** The files that each container image is built from, with the text of its Dockerfile. */
  readonly images: readonly { readonly files: readonly string[]; readonly dockerfile: string }[];
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
      images: names
        .filter((name) => existsSync(join(directory, name, 'Dockerfile')))
        .map((name) => ({
          files: readdirSync(join(directory, name)),
          dockerfile: readFileSync(join(directory, name, 'Dockerfile'), 'utf8'),
        })),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
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
