import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface WebAclProps {
  /** Begins the names of its metrics. */
  readonly name: string;
}

/** Requests of one address in the last minute. The same as the limit in the services. */
const requestsPerMinute = 1_000;

const tooMany = {
  type: 'about:blank',
  title: 'Too Many Requests',
  status: 429,
  detail: 'Too many requests. Try again later.',
};

/**
 * The web ACL of a distribution: refuses addresses that send too much, also what the CDN would serve itself, and requests that are
 * known attacks. It must be in us-east-1.
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
 */
export class WebAcl extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { name }: WebAclProps) {
    super(scope, id);
    const visible = (metric: string) => ({
      metricName: `${name}-${metric}`,
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
    });
    const managed = (rule: string, group: string, counted: readonly string[] = []) => ({
      name: rule,
      visibilityConfig: visible(rule),
      // The actions of the group's own rules, which block.
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name: group,
          ruleActionOverrides: counted.map((each) => ({ name: each, actionToUse: { count: {} } })),
        },
      },
    });
    const rules: Omit<CfnWebACL.RuleProperty, 'priority'>[] = [
      {
        name: 'rate-by-address',
        visibilityConfig: visible('rate-by-address'),
        statement: {
          rateBasedStatement: { limit: requestsPerMinute, evaluationWindowSec: 60, aggregateKeyType: 'IP' },
        },
        action: {
          block: {
            customResponse: {
              responseCode: tooMany.status,
              customResponseBodyKey: 'too-many',
              // A response header named content-type is refused, so the problem is sent as application/json.
              // Source: docs.aws.amazon.com/waf/latest/APIReference/API_CustomResponse.html
              responseHeaders: [
                { name: 'Retry-After', value: '60' },
                { name: 'Cache-Control', value: 'no-store' },
              ],
            },
          },
        },
      },
      managed('known-bad-inputs', 'AWSManagedRulesKnownBadInputsRuleSet'),
      // Counted only, because the services decide these better: programs with an API key may send no User-Agent, and bodies
      // may have 64 KiB, where the rule allows 8 KB.
      // Source: docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
      managed('common', 'AWSManagedRulesCommonRuleSet', ['NoUserAgent_HEADER', 'SizeRestrictions_BODY']),
    ];
    const webAcl = new CfnWebACL(this, 'Resource', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible('all'),
      customResponseBodies: { 'too-many': { contentType: 'APPLICATION_JSON', content: JSON.stringify(tooMany) } },
      rules: rules.map((rule, priority) => Object.assign({ priority }, rule)),
    });
    this.arn = webAcl.attrArn;
  }
}
