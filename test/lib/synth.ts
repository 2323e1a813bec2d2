import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface Assembly {
  /** By environment and stack, such as `prod/Data`. */
  readonly templates: ReadonlyMap<string, Template>;
  /** The files of the templates. */
  readonly files: readonly TemplateFile[];
  /** The contents of images and functions. */
  readonly assets: readonly Asset[];
}

export interface TemplateFile {
  readonly path: string;
  /** Where it is deployed. */
  readonly region: string;
}

export interface Asset {
  /** Size in bytes of each file, by name. */
  readonly files: Readonly<Record<string, number>>;
  /** The text of an image's Dockerfile. */
  readonly dockerfile?: string;
}

/**
 * Returns what bin/headroom.ts synthesizes: all environments that are deployed, and `local`. It runs once for all test
 * files of a jest run.
 */
export async function synthesize(): Promise<Assembly> {
  const directories = await sharedDirectories();
  const entries = directories.flatMap((directory) => readdirSync(directory).map((name) => [name, directory] as const));
  const assets = new Map(entries.filter(([name]) => name.startsWith('asset.')));
  const assemblies = entries.filter(([name]) => name.startsWith('assembly-'));
  return {
    templates: new Map(assemblies.flatMap(([name, directory]) => readTemplates(directory, name))),
    files: assemblies.flatMap(([name, directory]) => templateFiles(join(directory, name))),
    assets: Array.from(assets, ([name, directory]) => readAsset(join(directory, name))),
  };
}

/** The first test file that needs the assembly writes it; the others wait. */
async function sharedDirectories(): Promise<readonly string[]> {
  // `npm run jest` gives every run a temporary folder of its own: elsewhere, an old assembly would be found.
  if (!basename(tmpdir()).startsWith('headroom-test-')) throw new Error('Run the tests by `npm run jest`');
  const folder = join(tmpdir(), 'synth');
  mkdirSync(folder, { recursive: true });
  const outcome = join(folder, 'outcome');
  const directories = ['deployed', 'local'].map((name) => join(folder, name));
  if (isFirst(join(folder, 'lock'))) {
    const [deployed = '', local = ''] = directories;
    const error = await Promise.all([runCdkApp(deployed), runCdkApp(local, 'local')]).then(
      () => '',
      (reason: unknown) => String(reason),
    );
    writeFileSync(`${outcome}.partial`, error);
    renameSync(`${outcome}.partial`, outcome);
  }
  while (!existsSync(outcome)) await sleep(50);
  const error = readFileSync(outcome, 'utf8');
  if (error) throw new Error(error);
  return directories;
}

function isFirst(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** As the CDK CLI does, without credentials, a home folder or an account. */
const runCdkApp = (outdir: string, env?: string) =>
  promisify(execFile)(process.execPath, ['bin/headroom.ts'], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      CDK_OUTDIR: outdir,
      ...(env && { CDK_CONTEXT_JSON: JSON.stringify({ env }) }),
    },
  });

function readAsset(directory: string): Asset {
  const files = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).size] as const);
  const dockerfile = join(directory, 'Dockerfile');
  return {
    files: Object.fromEntries(files),
    dockerfile: existsSync(dockerfile) ? readFileSync(dockerfile, 'utf8') : undefined,
  };
}

function readTemplates(directory: string, assembly: string): [string, Template][] {
  const environment = assembly.slice('assembly-'.length);
  return readdirSync(join(directory, assembly)).flatMap((file) => {
    const stack = new RegExp(`^${environment}(\\w+?)[0-9A-F]{8}\\.template\\.json$`).exec(file)?.[1];
    if (!stack) return [];
    return [[`${environment}/${stack}`, JSON.parse(readFileSync(join(directory, assembly, file), 'utf8')) as Template]];
  });
}

function templateFiles(assembly: string): TemplateFile[] {
  const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8')) as {
    readonly artifacts: Readonly<
      Record<string, { readonly environment?: string; readonly properties?: { readonly templateFile?: string } }>
    >;
  };
  return Object.values(artifacts).flatMap(({ environment, properties }) =>
    properties?.templateFile === undefined
      ? []
      : [{ path: join(assembly, properties.templateFile), region: environment?.split('/').at(-1) ?? '' }],
  );
}

/** Resources of one type, by logical id. */
export const resourcesOf = ({ Resources }: Template, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(Resources).filter(([, resource]) => resource.Type === type);

/** Logical ids of all resources of these types. */
export const idsOf = (template: Template, ...types: string[]): readonly string[] =>
  types.flatMap((type) => resourcesOf(template, type).map(([id]) => id));
