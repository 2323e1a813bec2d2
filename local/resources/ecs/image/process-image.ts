import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

import type { ImageAsset } from '../../../kernel/assembly/read-assembly.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { readDockerfile, type Recipe } from './dockerfile.ts';

/** What runs as a process in place of a container of an image. */
export interface ProcessImage {
  readonly command: readonly string[];
  /** Working directory, in the build context. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Instructions of the Dockerfile that are not followed. */
  readonly skipped: readonly string[];
}

/** What a container definition states in place of its image. */
export interface Overrides {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
}

/**
 * Reads how the image of an asset is run. The build context stands for the directory that it is copied to.
 * @param path the PATH of processes
 * @throws Refusal for an image that is not one of Node.js or has no command
 */
export function processImage(asset: ImageAsset, overrides: Overrides, path: string): ProcessImage {
  const recipe = readRecipe(asset, overrides, path);
  const root = rootOf(recipe);
  const inContext = (text: string): string =>
    text
      .split(/([\s:="']+)/)
      .map((part) => (isWithin(part, root) ? asset.directory + part.slice(root.length) : part))
      .join('');
  const { PATH, ...environment } = recipe.environment;
  return {
    command: withNode(commandOf(recipe, overrides, asset), recipe, asset).map(inContext),
    directory: join(
      asset.directory,
      posix.relative(root, posix.resolve(recipe.workingDirectory, overrides.workingDirectory ?? '')),
    ),
    environment: PATH === undefined ? environment : { ...environment, PATH: inContext(PATH) },
    skipped: [...recipe.steps, ...recipe.copies.filter((copy) => moves(copy, root, asset)).map(({ text }) => text)],
  };
}

const isWithin = (path: string, root: string): boolean =>
  root !== '/' && (path === root || path.startsWith(`${root}/`));

/** Names of images that bring Node.js, such as `node:24-slim` and `gcr.io/distroless/nodejs24-debian12`. */
const nodeImage = /(?:^|\/)(?:node|nodejs[^/:@]*)(?:[:@].*)?$/;

function readRecipe({ dockerfile, ...asset }: ImageAsset, { command, entryPoint }: Overrides, path: string): Recipe {
  let text;
  try {
    text = readFileSync(dockerfile, 'utf8');
  } catch (error) {
    if (command === undefined && entryPoint === undefined) {
      throw new Refusal(`${dockerfile} cannot be read, and the container definition has no command.`, { cause: error });
    }
    text = 'FROM node';
  }
  try {
    const recipe = readDockerfile(text, { ...asset, path });
    if (nodeImage.test(recipe.base)) return recipe;
    throw new Error(
      `its base image is ${recipe.base}, and a laptop runs tasks as processes of Node.js. Base it on an image of Node.js, ` +
        'such as public.ecr.aws/docker/library/node:24-slim',
    );
  } catch (error) {
    throw new Refusal(`${dockerfile} cannot be run: ${(error as Error).message}.`, { cause: error });
  }
}

/** The directory of the container that the build context is copied to, else the working directory. */
function rootOf({ copies, workingDirectory }: Recipe): string {
  const whole = copies.findLast(({ sources }) => sources.some((source) => /^\.?\/?$/.test(source)));
  return whole === undefined ? workingDirectory : posix.resolve(whole.to);
}

function commandOf(recipe: Recipe, overrides: Overrides, { dockerfile }: ImageAsset): readonly string[] {
  const entryPoint = overrides.entryPoint ?? recipe.entryPoint;
  // An overridden entry point discards the image's command: docs.docker.com/reference/cli/docker/container/run
  const command = overrides.command ?? (overrides.entryPoint === undefined ? recipe.command : []);
  if (entryPoint.length + command.length === 0) {
    throw new Refusal(`${dockerfile} has no CMD. Add one, or state the command in the container definition.`);
  }
  return [...entryPoint, ...command];
}

/** Runs `node` with what is no program, as the entry points of these images do. */
function withNode(command: readonly string[], { base, entryPoint }: Recipe, { directory }: ImageAsset) {
  const [program = '', ...args] = command;
  if (posix.basename(program) === 'node') return ['node', ...args];
  const isAlwaysNode = base.includes('distroless') && entryPoint.length === 0;
  const isScript = program.startsWith('-') || (modeOf(join(directory, program)) ?? 0o111) % 2 === 0;
  return isAlwaysNode || isScript ? ['node', ...command] : command;
}

/** Whether a COPY puts files elsewhere than they are in the build context. */
function moves({ sources, to }: Recipe['copies'][number], root: string, { directory }: ImageAsset): boolean {
  return sources.some((source) => {
    const isFile = modeOf(join(directory, source)) !== undefined || /[*?[]/.test(source);
    const target = isFile && to.endsWith('/') ? posix.join(to, posix.basename(source)) : to;
    return posix.relative(posix.join(root, source), posix.resolve(target)) !== '';
  });
}

/** The permissions of a file; undefined where there is none. */
function modeOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.mode & 0o777 : undefined;
}
