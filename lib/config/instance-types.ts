import { closest } from 'fastest-levenshtein';

/** Sizes by family. */
type InstanceTypes = Readonly<Record<string, readonly string[]>>;

const burstable = ['micro', 'small', 'medium'];
const to16 = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];
const to24 = [...to16, '24xlarge'];
const to32 = [...to24, '32xlarge'];
const to48 = [...to24, '48xlarge'];
const cacheTo24 = ['large', 'xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'];

/**
 * Instance classes of RDS for PostgreSQL, in any region. The enums of aws-cdk-lib list what EC2 has, which is more.
 *
 * Source: the AWS price list, as https://github.com/aws-cloudformation/cfn-lint publishes it for the engine `postgres` in
 * src/cfnlint/data/schemas/extensions/aws_rds_dbinstance/dbinstanceclass_enum.json (August 2026). Left out are m1 to m4,
 * r3, r4, t1 and t2, which RDS refuses with PostgreSQL 13 and later: https://github.com/serverless/examples/pull/655,
 * https://github.com/aws-quickstart/quickstart-awx/issues/47.
 */
export const rdsInstanceTypes: InstanceTypes = {
  t4g: [...burstable, 'large', 'xlarge', '2xlarge'],
  t3: [...burstable, 'large', 'xlarge', '2xlarge'],
  m5: to24,
  m5d: to24,
  m6g: to16,
  m6gd: to16,
  m6i: to32,
  m6id: to32,
  m6idn: to32,
  m6in: to32,
  m7g: to16,
  m7i: to48,
  m8g: to48,
  m8gd: to48,
  m9g: to48,
  r5: to24,
  r5b: to24,
  r5d: to24,
  r6g: to16,
  r6gd: to16,
  r6i: to32,
  r6id: to32,
  r6idn: to32,
  r6in: to32,
  r7g: to16,
  r7i: to48,
  r8g: to48,
  r8gd: to48,
  x2g: to16,
  x2idn: ['16xlarge', '24xlarge', '32xlarge'],
  x2iedn: ['xlarge', '2xlarge', '4xlarge', '8xlarge', '16xlarge', '24xlarge', '32xlarge'],
};

/**
 * Node types of ElastiCache, in any region. Left out is t2, of which ElastiCache makes no new nodes
 * (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html).
 *
 * Source: as above, aws_elasticache_cachecluster/cachenodetype_enum.json.
 */
export const elastiCacheNodeTypes: InstanceTypes = {
  t4g: burstable,
  t3: burstable,
  m5: cacheTo24,
  m6g: to16,
  m7g: to16,
  m8g: to16,
  r5: cacheTo24,
  r6g: to16,
  r6gd: to16.slice(1),
  r7g: to16,
  r8g: to16,
  c7gn: to16,
  c8gn: to16,
  m4: ['large', 'xlarge', '2xlarge', '4xlarge', '10xlarge'],
  r4: ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '16xlarge'],
};

/** Returns why a service has no such instance type, with the nearest one that it has; undefined when it has it. */
export function instanceTypeFault(given: string, service: string, offered: InstanceTypes): string | undefined {
  const all = Object.entries(offered).flatMap(([family, sizes]) => sizes.map((size) => `${family}.${size}`));
  if (all.includes(given)) return undefined;
  const unprefixed = given.replace(/^(db|cache)\./, '');
  if (all.includes(unprefixed)) return `is "${given}": leave the prefix out, "${unprefixed}"`;
  const [family = ''] = unprefixed.split('.');
  const choice = offered[family]
    ? `${family} has the sizes ${offered[family].join(', ')}`
    : `the families are ${Object.keys(offered).join(', ')}`;
  return `is "${given}", which ${service} does not have: did you mean "${closest(unprefixed, all)}"? ${choice}`;
}
