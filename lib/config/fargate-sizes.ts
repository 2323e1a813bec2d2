/** From, to and in steps of, including both ends. */
const steps = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/**
 * MiB of memory that Fargate offers for each number of CPU units, on Linux, x86 and ARM.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const memoryFor: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: steps(1024, 4096, 1024),
  1024: steps(2048, 8192, 1024),
  2048: steps(4096, 16_384, 1024),
  4096: steps(8192, 30_720, 1024),
  8192: steps(16_384, 61_440, 4096),
  16_384: steps(32_768, 122_880, 8192),
};

/** Returns why Fargate has no such number of CPU units, with the nearest that it has; undefined when it has it. */
export function cpuFault(cpu: number): string | undefined {
  return faultIn(cpu, Object.keys(memoryFor).map(Number));
}

/**
 * Returns why Fargate does not offer this memory in MiB for a number of CPU units, with the nearest that it offers.
 * Undefined when it offers it, and for a number of CPU units that it does not have.
 */
export function memoryFault(memoryMiB: number, cpu: number): string | undefined {
  const offered = memoryFor[cpu];
  return offered && faultIn(memoryMiB, offered);
}

function faultIn(value: number, offered: readonly number[]): string | undefined {
  if (offered.includes(value)) return undefined;
  const nearest = [offered.findLast((each) => each < value), offered.find((each) => each > value)];
  return `Fargate takes ${described(offered)}; give ${nearest.filter((each) => each !== undefined).join(' or ')}`;
}

function described(values: readonly number[]): string {
  const [first = 0, second = 0] = values;
  return values.length < 8 ? values.join(', ') : `${first} to ${values.at(-1)} in steps of ${second - first}`;
}
