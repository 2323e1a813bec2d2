import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}
export type Template = { readonly Resources: Readonly<Record<string, Resource>> };

/**
 * Runs bin/headroom.ts as the CDK CLI does, with no credentials, no home and no account, and answers every template by
 * environment and stack, such as `prod/Data`.
 */
export function synthesize(): ReadonlyMap<string, Template> {
  const directory = mkdtempSync(join(tmpdir(), 'headroom-synth-'));
  try {
    execFileSync(process.execPath, ['bin/headroom.ts'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', CDK_OUTDIR: directory },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return new Map(
      readdirSync(directory).flatMap((name) => (name.startsWith('assembly-') ? templates(directory, name) : [])),
    );
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
