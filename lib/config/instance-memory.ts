const burstable: Readonly<Record<string, number>> = { micro: 1, small: 2, medium: 4 };

/** GiB per vCPU, by family; 4 for the others. */
const ratios: readonly (readonly [RegExp, number])[] = [
  [/^x2iedn$/, 32],
  [/^x2/, 16],
  [/^r/, 8],
];

/**
 * Returns the memory of an instance class in GiB, such as 8 for `m7g.large`: a `large` has two vCPUs, an `xlarge` four, an
 * `8xlarge` 32.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
 */
export function memoryGiBOf(instanceType: string): number {
  const [family = '', size = ''] = instanceType.split('.');
  const small = burstable[size];
  if (small !== undefined) return small;
  const vCpus = size === 'large' ? 2 : 4 * Number(size.replace('xlarge', '') || '1');
  return vCpus * (ratios.find(([pattern]) => pattern.test(family))?.[1] ?? 4);
}
