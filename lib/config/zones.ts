import type { EnvironmentProps } from './environment-props.ts';
import { regions } from './regions.ts';

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

/** Whether a zone is given by its id, such as `use1-az1`, and not by its name, such as `us-east-1a`. */
export const isZoneId = (zone: string): boolean => /^[a-z]+\d-az\d+$/.test(zone);

/** Returns the faults in the zones of an environment whose region is known. */
export function* zoneFaults({
  region,
  availabilityZones: zones,
}: Required<Pick<EnvironmentProps, 'region' | 'availabilityZones'>>): Generator<string> {
  const prefix = idPrefix(region);
  const example = regions[region]?.zones ?? [`${prefix}-az1`, `${prefix}-az2`];
  // Only where the letters differ between accounts.
  const hasIds = isZoneId(example[0]);
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
    else if (!isZoneId(zone) && hasIds && withoutVpcOrigins[region])
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
