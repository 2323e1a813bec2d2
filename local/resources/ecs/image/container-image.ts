import { docker } from '../../../host/docker.ts';
import type { ImageAsset } from '../../../kernel/assembly/read-assembly.ts';

/**
 * Builds the image of an asset for this machine's processor and returns its id.
 * @throws Refusal with Docker's message if it cannot be built
 */
export function buildImage({ directory, dockerfile, target, buildArgs }: ImageAsset): Promise<string> {
  return docker(
    'build',
    '--quiet',
    `--file=${dockerfile}`,
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
    directory,
  );
}
