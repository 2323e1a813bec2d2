import { posix } from 'node:path';

import { DockerfileParser, type Copy, type Env, type From, type Instruction } from 'dockerfile-ast';

/** What a Dockerfile states about the image of its target stage. */
export interface Recipe {
  /** The image that it starts from, outside the Dockerfile. */
  readonly base: string;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Files that come from the build context. */
  readonly copies: readonly { readonly sources: readonly string[]; readonly to: string; readonly text: string }[];
  /** Instructions that need a build, such as `RUN npm ci`. */
  readonly steps: readonly string[];
}

export interface RecipeOptions {
  /** Name of the stage. @default - the last one */
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The value of $PATH in the base image. */
  readonly path: string;
}

/**
 * Reads the target stage of a Dockerfile and the stages that it starts from.
 * Source: docs.docker.com/reference/dockerfile
 * @throws Error when it has no such stage
 */
export function readDockerfile(text: string, { target, buildArgs = {}, path }: RecipeOptions): Recipe {
  const instructions = DockerfileParser.parse(text).getInstructions();
  const stages = stagesOf(instructions);
  const environment: Record<string, string> = { PATH: path };
  const args: Record<string, string> = {};
  const steps: string[] = [];
  const copies: { sources: readonly string[]; to: string; text: string }[] = [];
  let workingDirectory = '/';
  let entryPoint: readonly string[] = [];
  let command: readonly string[] = [];

  const expand = (value: string): string => expandVariables(value, { ...args, ...environment });
  for (const instruction of instructions.slice(0, stages[0]?.start ?? 0)) declare(instruction);
  const chain = chainOf(stages, target, expand);
  for (const stage of chain.stages) for (const instruction of stage.instructions) apply(instruction);
  if (environment['PATH'] === path) delete environment['PATH'];
  return { base: chain.base, entryPoint, command, environment, workingDirectory, copies, steps };

  function apply(instruction: Instruction): void {
    const content = instruction.getArgumentsContent() ?? '';
    const written = `${instruction.getKeyword()} ${content.replaceAll(/\s+/g, ' ')}`;
    switch (instruction.getKeyword()) {
      case 'ARG':
        return declare(instruction);
      case 'ENV':
        for (const property of (instruction as Env).getProperties()) {
          environment[property.getName()] = expand(property.getValue() ?? '');
        }
        return;
      case 'WORKDIR':
        workingDirectory = posix.resolve(workingDirectory, expand(content));
        return;
      case 'ENTRYPOINT':
        entryPoint = words(content);
        return;
      case 'CMD':
        command = words(content);
        return;
      case 'RUN':
        steps.push(written);
        return;
      case 'ADD':
      case 'COPY': {
        const from = (instruction as Copy).getFlags().find((flag) => flag.getName() === 'from');
        const places = (jsonWords(content) ?? content.trim().split(/\s+/)).map(expand);
        const to = places.pop() ?? '';
        const slash = /(^|\/)\.?$/.test(to) ? '/' : '';
        const absolute = posix.resolve(workingDirectory, to).replace(/\/$/, '') + slash;
        if (from === undefined) copies.push({ sources: places, to: absolute, text: written });
        else steps.push(`COPY --from=${from.getValue()} ${content}`);
      }
    }
  }

  function declare(instruction: Instruction): void {
    const [name = '', value] = (instruction.getArgumentsContent() ?? '').split(/=(.*)/s);
    const given = buildArgs[name] ?? (value === undefined ? args[name] : expand(unquote(value)));
    if (given !== undefined) args[name] = given;
  }
}

interface Stage {
  readonly name: string | null;
  readonly image: string;
  /** Index of its FROM in the Dockerfile. */
  readonly start: number;
  readonly instructions: readonly Instruction[];
}

function stagesOf(instructions: readonly Instruction[]): readonly Stage[] {
  const starts = [...instructions.keys()].filter((i) => instructions[i]?.getKeyword() === 'FROM');
  return starts.map((start, i) => {
    const from = instructions[start] as From;
    return {
      name: from.getBuildStage(),
      image: from.getImage() ?? '',
      start,
      instructions: instructions.slice(start + 1, starts[i + 1]),
    };
  });
}

/** The target stage after those that it starts from, and the image outside the Dockerfile that they begin with. */
function chainOf(stages: readonly Stage[], target: string | undefined, expand: (image: string) => string) {
  const last = target === undefined ? stages.at(-1) : stages.find(({ name }) => name === target);
  if (last === undefined) throw new Error(target === undefined ? 'it has no FROM' : `it has no stage ${target}`);
  const chain = [last];
  let base = expand(last.image);
  for (const stage of stages.slice(0, stages.indexOf(last)).toReversed()) {
    if (stage.name !== base) continue;
    chain.unshift(stage);
    base = expand(stage.image);
  }
  return { base, stages: chain };
}

/** The words of an exec form, or the shell that runs a shell form. */
const words = (content: string): readonly string[] => jsonWords(content) ?? ['sh', '-c', content.trim()];

function jsonWords(content: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(content);
    return Array.isArray(parsed) && parsed.every((word) => typeof word === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const unquote = (value: string): string => value.replace(/^(["'])(.*)\1$/s, '$2');

/** Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+value}`. */
const expandVariables = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(
    /\$(?:\{(\w+)(?::([-+])([^}]*))?\}|(\w+))/g,
    (_match, braced: string | undefined, operator: string | undefined, word: string | undefined, plain: string) => {
      const value = values[braced ?? plain] ?? '';
      if (operator === '+') return value === '' ? '' : (word ?? '');
      return value === '' ? (word ?? '') : value;
    },
  );
