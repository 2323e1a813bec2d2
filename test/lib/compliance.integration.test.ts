import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CloudFormationValidatePlugin, Validations } from 'aws-cdk-lib/core';
import type { App, IPolicyValidationPlugin } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from '@jest/globals';

import { createApp } from '../../lib/app.ts';
import { environments as configured } from '../../lib/config/environments.ts';
import { system } from '../../lib/system.ts';

/** Those of the repository, and one with what they leave out. */
const environments = {
  ...configured,
  traced: {
    ...configured['prod']!,
    mailFrom: 'orders@traced.example.com',
    cidr: '10.4.0.0/16',
    telemetry: { otlpEndpoint: 'https://xray.eu-central-1.amazonaws.com' },
    domain: {
      names: ['shop.test'],
      certificateArn: 'arn:aws:acm:us-east-1:444455556666:certificate/0a1b2c3d-1111-2222-3333-444455556666',
    },
  },
};

/** Findings that are accepted: a pattern of construct paths, the rule and the reason. */
const acknowledged: readonly (readonly [path: RegExp, rule: string, reason: string])[] = [
  [
    /\/Task\/Resource$/,
    'AwsSolutions-ECS2',
    'Environment variables contain addresses and names only; secrets come from Secrets Manager.',
  ],
  [
    /\/Task\/ExecutionRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::*]',
    'ecr:GetAuthorizationToken supports no resource-level permissions.',
  ],
  [
    /\/Task\/TaskRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::arn:aws:ses:eu-central-1:<AWS::AccountId>:identity/*]',
    'Mail goes to any recipient; a condition fixes the sender.',
  ],
  [
    /\/Services\/mailer\/Task\/TaskRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::*]',
    'ses:GetSendQuota supports no resource-level permissions.',
  ],
  [
    /^traced\/Services\/\w+\/Task\/TaskRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::*]',
    'xray:PutTraceSegments supports no resource-level permissions.',
  ],
  ...['AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole'].map(
    (policy) =>
      [
        /\/Migrations\/Function\/ServiceRole\/Resource$/,
        `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`,
        "AWS's managed policies for a function that writes logs and has a network interface in the VPC.",
      ] as const,
  ),
  [
    /\/Data\/BucketNotificationsHandler\w+\/Role\/Resource$/,
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    "AWS's managed policy for CDK's function that sets up the notifications of a bucket, which writes logs.",
  ],
  ...Object.keys(environments).flatMap((name) =>
    ['originals', 'media'].map(
      (prefix) =>
        [
          /\/Task\/TaskRole\/DefaultPolicy\/Resource$/,
          `AwsSolutions-IAM5[Resource::{"Fn::GetStackOutput":{"StackName":"headroom-${name}-data","Region":"eu-central-1","OutputName":"PublishOutputFnGetAttUploadsBucketC4B27CC7Arn31DC3EC0"}}/${prefix}/*]`,
          'Each upload, and each of its variants, has a key of its own under the prefix.',
        ] as const,
    ),
  ),
  [
    /\/Data\/(Postgres|Redis|Cache|SessionSecret|SandboxProviderKey)/,
    'AwsSolutions-SMG4',
    'A task reads its secrets when it starts: after a rotation without a deployment, it could no longer connect.',
  ],
  [
    /\/(Redis|Cache)\/Group$/,
    'AwsSolutions-AEC6',
    'Its user group demands a password of each service; the rule knows only a token, which all would share.',
  ],
  [
    /\/Postgres\/(Primary|Replica\d)\/Resource$/,
    'AwsSolutions-RDS11',
    'Security groups admit only tasks of services with a database; another port would hide nothing from them.',
  ],
  [
    /\/Postgres\/Replica\d\/Resource$/,
    'AwsSolutions-RDS2',
    'A replica is encrypted because its primary is; CloudFormation refuses the property on a replica.',
  ],
  [
    /\/Postgres\/Replica\d\/Resource$/,
    'AwsSolutions-RDS3',
    'Reads fall back to the primary, which is Multi-AZ, when a replica fails.',
  ],
  [/\/Postgres\/Replica\d\/Resource$/, 'AwsSolutions-RDS10', 'A replica has no data that the primary does not have.'],
  [
    /^(dev|staging|local)\/Data\/Postgres\/Primary\/Resource$/,
    'AwsSolutions-RDS3',
    'A lost zone is restored from a backup there, for half the price.',
  ],
  [
    /^(dev|local)\/Data\/Postgres\/Primary\/Resource$/,
    'AwsSolutions-RDS10',
    'Without `protect` an environment is deleted with its data.',
  ],
  [
    /^(dev|staging|local)\/Data\/(Redis|Cache)\/Group$/,
    'AwsSolutions-AEC4',
    'A lost node signs everyone out there, or empties the caches, for half the price.',
  ],
  [
    /^dev\/Network\/.*\/NatInstance\/Resource$/,
    'AwsSolutions-EC28',
    'Metrics of each minute cost as much as a third of the instance; nothing reads them.',
  ],
  [
    /^dev\/Network\/.*\/NatInstance\/Resource$/,
    'AwsSolutions-EC29',
    'The instance holds nothing; protection from termination would keep CloudFormation from replacing it.',
  ],
  [/\/Edge\/Distribution\/Resource$/, 'AwsSolutions-CFR1', 'The shop is open to every country.'],
  [
    /^(dev|staging|prod|local)\/Edge\/Edge\/Distribution\/Resource$/,
    'AwsSolutions-CFR4',
    "CloudFront's own certificate, which needs no domain, fixes the security policy.",
  ],
  ...['mailFrom', 'paymentProviderUrl', 'paymentProviderSecretArn'].map(
    (setting) =>
      [
        /\/Data$/,
        `Annotation::headroom:placeholder:${setting}`,
        'The settings of the repository are examples; the warning is for who deploys them.',
      ] as const,
  ),
  [/\/Network\/Vpc\//, 'CloudFormation-Validate::W3010', 'Zones are fixed so that synth asks no account.'],
];

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/** Returns the findings of the checks in an environment, as `rule construct`. */
function findings(
  environment: string,
  plugins: (scope: App) => IPolicyValidationPlugin[],
  acknowledge: boolean,
): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'headroom-compliance-'));
  try {
    const app = createApp(system, environments, { outdir, autoSynth: false, context: { env: environment } });
    Validations.of(app).addPlugins(...plugins(app));
    for (const construct of acknowledge ? app.node.findAll() : []) {
      for (const [path, id, reason] of acknowledged) {
        if (path.test(construct.node.path)) Validations.of(construct).acknowledge({ id, reason });
      }
    }
    try {
      app.synth();
    } catch (error) {
      // Synth throws for errors but not for warnings; the report has both.
      if (!String(error).includes('validation-report.json')) throw error;
    }
    const file = join(outdir, 'validation-report.json');
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, 'utf8')) as Report).pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const slow = 120_000;
const names = Object.keys(environments);

test.each(names)(
  '%s passes the checks of cdk-nag and CloudFormation, except for acknowledged findings',
  (name) => {
    const plugins = (app: App) => [new AwsSolutionsChecks(app), new CloudFormationValidatePlugin()];
    expect(findings(name, plugins, true)).toEqual([]);
  },
  slow,
);

test(
  'every acknowledgement is still needed',
  () => {
    const found = names.flatMap((name) => findings(name, (app) => [new AwsSolutionsChecks(app)], false));
    const rules = found.map((finding) => finding.split(' ')[0]);
    const ids = acknowledged.map(([, rule]) => rule).filter((rule) => !rule.startsWith('CloudFormation-'));
    expect(new Set(rules)).toEqual(new Set(ids));
  },
  slow,
);
