import type { EnvironmentProps } from './environment-props.ts';

/**
 * Two zones of each region in which every service that Headroom uses is available.
 *
 * In the oldest regions a letter means another zone in each account, so a zone is named by its id; all regions that were
 * introduced after November 2012 have one mapping for all accounts. Not listed is sa-east-1, where older accounts lack one
 * of the three zones.
 * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
 */
const defaultZones: Readonly<Record<string, readonly [string, string]>> = {
  'ap-northeast-1': ['apne1-az1', 'apne1-az4'],
  'ap-northeast-2': ['ap-northeast-2a', 'ap-northeast-2b'],
  'ap-south-1': ['ap-south-1a', 'ap-south-1b'],
  'ap-southeast-1': ['apse1-az1', 'apse1-az2'],
  'ap-southeast-2': ['apse2-az1', 'apse2-az2'],
  'ca-central-1': ['ca-central-1a', 'ca-central-1b'],
  'eu-central-1': ['eu-central-1a', 'eu-central-1b'],
  'eu-north-1': ['eu-north-1a', 'eu-north-1b'],
  'eu-west-1': ['euw1-az1', 'euw1-az2'],
  'eu-west-2': ['eu-west-2a', 'eu-west-2b'],
  'eu-west-3': ['eu-west-3a', 'eu-west-3b'],
  'us-east-1': ['use1-az1', 'use1-az4'],
  'us-east-2': ['us-east-2a', 'us-east-2b'],
  'us-west-1': ['usw1-az1', 'usw1-az3'],
  'us-west-2': ['usw2-az1', 'usw2-az2'],
};

/**
 * Zones in which CloudFront cannot reach a VPC origin.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html#vpc-origins-supported-regions
 */
const withoutVpcOrigins: Readonly<Record<string, string>> = {
  'ap-northeast-1': 'apne1-az3',
  'ca-central-1': 'cac1-az3',
  'us-east-1': 'use1-az3',
  'us-west-1': 'usw1-az2',
};

/** Regions whose zones have other letters in each account. @see defaultZones for the source */
const lettersDiffer = new Set([
  'ap-northeast-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-west-1',
  'sa-east-1',
  'us-east-1',
  'us-west-1',
  'us-west-2',
]);

/** Returns the zones that are used where the settings name none; undefined for a region without such zones. */
export const defaultZonesOf = (region: string): readonly string[] | undefined => defaultZones[region];

/** Whether a zone is given by its id, such as `use1-az1`, and not by its name, such as `us-east-1a`. */
export const isZoneId = (zone: string): boolean => /^[a-z]+\d-az\d+$/.test(zone);

/** Returns the faults in the zones of an environment whose region is known. */
export function* zoneFaults({
  region,
  availabilityZones: zones,
}: Required<Pick<EnvironmentProps, 'region' | 'availabilityZones'>>): Generator<string> {
  const prefix = idPrefix(region);
  const example = defaultZones[region] ?? [`${prefix}-az1`, `${prefix}-az2`];
  if (zones.length === 0) {
    yield `availabilityZones has no default in ${region}: give two or three zone ids such as ${example.join(', ')}; \`aws ec2 describe-availability-zones --region ${region}\` lists them`;
  } else if (zones.length < 2 || zones.length > 3) {
    yield `availabilityZones has a length of ${zones.length}: give two or three`;
  }
  if (new Set(zones).size < zones.length) yield `availabilityZones has a zone twice: ${zones.join(', ')}`;
  if (zones.some(isZoneId) && !zones.every(isZoneId))
    yield `availabilityZones has names and ids: ${zones.join(', ')}: two of them may be one zone; give ids`;
  for (const zone of zones) {
    if (zone === withoutVpcOrigins[region])
      yield `availability zone "${zone}" has no CloudFront VPC origins: give others, such as ${example.join(', ')}`;
    else if (isZoneId(zone) ? !zone.startsWith(`${prefix}-`) : !new RegExp(`^${region}[a-z]$`).test(zone))
      yield `availability zone "${zone}" is not in ${region}`;
    else if (!isZoneId(zone) && lettersDiffer.has(region) && withoutVpcOrigins[region])
      yield `availability zone "${zone}" may be ${withoutVpcOrigins[region]}, which has no CloudFront VPC origins: letters differ between accounts in ${region}; give zone ids such as ${example.join(', ')}`;
  }
}

/** Returns what zone ids of a region begin with: `euc1` for `eu-central-1`. */
function idPrefix(region: string): string {
  const [area = '', direction = '', number = ''] = region.split('-');
  const letters = direction.replace(
    /^(north|south)?(east|west)$/,
    (_, a = '', b = '') => `${a.charAt(0)}${b.charAt(0)}`,
  );
  return `${area}${letters === direction ? direction.charAt(0) : letters}${number}`;
}
