/** Where CloudFront reads web ACLs and writes metrics, whatever the region of the environment.
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html */
export const cloudFrontRegion = 'us-east-1';

/** What synth knows of a region, so that it needs no account. */
interface Region {
  /**
   * Two zones in which every service that Headroom uses is available. In the oldest regions a letter means another zone in each
   * account, so zones there have ids; all regions that were introduced after November 2012 have one mapping for all accounts.
   * @default - none: in sa-east-1 older accounts lack one of the three zones
   * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
   */
  readonly zones?: readonly [string, string];
  /**
   * Id of the managed prefix list `com.amazonaws.global.cloudfront.origin-facing`.
   * @see https://aws.amazon.com/blogs/networking-and-content-delivery/limit-access-to-your-origins-using-the-aws-managed-prefix-list-for-amazon-cloudfront/
   */
  readonly cloudFront: string;
  /**
   * Id of the managed prefix list `com.amazonaws.<region>.s3`: the addresses of S3, which a gateway endpoint routes. From
   * published output of `aws ec2 describe-prefix-lists`.
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html#gateway-endpoint-security
   */
  readonly s3: string;
}

/**
 * What is not here has to be set. Ids of prefix lists never change; CloudFormation has no attribute for them.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
 */
export const regions: Readonly<Record<string, Region>> = {
  'ap-northeast-1': { zones: ['apne1-az1', 'apne1-az4'], cloudFront: 'pl-58a04531', s3: 'pl-61a54008' },
  'ap-northeast-2': { zones: ['ap-northeast-2a', 'ap-northeast-2b'], cloudFront: 'pl-22a6434b', s3: 'pl-78a54011' },
  'ap-south-1': { zones: ['ap-south-1a', 'ap-south-1b'], cloudFront: 'pl-9aa247f3', s3: 'pl-78a54011' },
  'ap-southeast-1': { zones: ['apse1-az1', 'apse1-az2'], cloudFront: 'pl-31a34658', s3: 'pl-6fa54006' },
  'ap-southeast-2': { zones: ['apse2-az1', 'apse2-az2'], cloudFront: 'pl-b8a742d1', s3: 'pl-6ca54005' },
  'ca-central-1': { zones: ['ca-central-1a', 'ca-central-1b'], cloudFront: 'pl-38a64351', s3: 'pl-7da54014' },
  'eu-central-1': { zones: ['eu-central-1a', 'eu-central-1b'], cloudFront: 'pl-a3a144ca', s3: 'pl-6ea54007' },
  'eu-north-1': { zones: ['eu-north-1a', 'eu-north-1b'], cloudFront: 'pl-fab65393', s3: 'pl-c3aa4faa' },
  'eu-west-1': { zones: ['euw1-az1', 'euw1-az2'], cloudFront: 'pl-4fa04526', s3: 'pl-6da54004' },
  'eu-west-2': { zones: ['eu-west-2a', 'eu-west-2b'], cloudFront: 'pl-93a247fa', s3: 'pl-7ca54015' },
  'eu-west-3': { zones: ['eu-west-3a', 'eu-west-3b'], cloudFront: 'pl-75b1541c', s3: 'pl-23ad484a' },
  'sa-east-1': { cloudFront: 'pl-5da64334', s3: 'pl-6aa54003' },
  'us-east-1': { zones: ['use1-az1', 'use1-az4'], cloudFront: 'pl-3b927c52', s3: 'pl-63a5400a' },
  'us-east-2': { zones: ['us-east-2a', 'us-east-2b'], cloudFront: 'pl-b6a144df', s3: 'pl-7ba54012' },
  'us-west-1': { zones: ['usw1-az1', 'usw1-az3'], cloudFront: 'pl-4ea04527', s3: 'pl-6ba54002' },
  'us-west-2': { zones: ['usw2-az1', 'usw2-az2'], cloudFront: 'pl-82a045eb', s3: 'pl-68a54001' },
};
