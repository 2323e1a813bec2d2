import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CloudFormationValidatePlugin, Validations } from 'aws-cdk-lib';
import type { App, IPolicyValidationPlugin } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from '@jest/globals';

import { createApp } from '../../lib/app.ts';
import { environments } from '../../lib/config/environments.ts';
import { system } from '../../lib/system.ts';

/** What the checks object to and we keep: where (a pattern of construct paths), which rule, and why. */
const acknowledged: readonly (readonly [where: RegExp, rule: string, reason: string])[] = [
  [
    /\/Task\/Resource$/,
    'AwsSolutions-ECS2',
    'Environment variables hold addresses and names; every secret comes from Secrets Manager.',
  ],
  [
    /\/Task\/ExecutionRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::*]',
    'ecr:GetAuthorizationToken, which has no resources to choose from.',
  ],
  [
    /\/Task\/TaskRole\/DefaultPolicy\/Resource$/,
    'AwsSolutions-IAM5[Resource::arn:aws:ses:eu-central-1:<AWS::AccountId>:identity/*]',
    'Mail goes to any address; a condition fixes the one it comes from.',
  ],
  ...['AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole'].map(
    (policy) =>
      [
        /\/Migrations\/Function\/ServiceRole\/Resource$/,
        `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`,
        "AWS's own policies for a function that logs and has a network interface in the VPC.",
      ] as const,
  ),
  [
    /^prod\/Data\/(Postgres|Redis|SessionSecret)/,
    'AwsSolutions-SMG4',
    'A task reads its secrets once, when it starts: rotation without a deployment would lock it out.',
  ],
  [
    /\/Postgres\/(Primary|Replica\d)\/Resource$/,
    'AwsSolutions-RDS11',
    'Only tasks of services with a database may connect, by security group; an odd port hides nothing from them.',
  ],
  [
    /\/Postgres\/Replica\d\/Resource$/,
    'AwsSolutions-RDS2',
    'A replica is encrypted because its primary is; CloudFormation refuses to have it said twice.',
  ],
  [
    /\/Postgres\/Replica\d\/Resource$/,
    'AwsSolutions-RDS3',
    'Reads fall back to the primary, which is Multi-AZ, when a replica is gone.',
  ],
  [/\/Postgres\/Replica\d\/Resource$/, 'AwsSolutions-RDS10', 'A replica holds nothing that the primary does not.'],
  [/\/Edge\/Distribution\/Resource$/, 'AwsSolutions-CFR1', 'The shop is open to every country.'],
  [/\/Edge\/Distribution\/Resource$/, 'AwsSolutions-CFR2', 'Limits per client are not part of the system yet.'],
  [
    /\/Edge\/Distribution\/Resource$/,
    'AwsSolutions-CFR3',
    'Nothing is cached, so every request reaches the load balancer, whose access log has it.',
  ],
  [
    /\/Edge\/Distribution\/Resource$/,
    'AwsSolutions-CFR4',
    "CloudFront's own certificate, which needs no domain, fixes the security policy.",
  ],
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

/** What the checks object to in prod, as `rule construct`. */
function objections(plugins: (scope: App) => IPolicyValidationPlugin[], acknowledge: boolean): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'headroom-compliance-'));
  try {
    const app = createApp(system, { prod: environments.prod! }, { outdir, autoSynth: false });
    Validations.of(app).addPlugins(...plugins(app));
    for (const construct of acknowledge ? app.node.findAll() : []) {
      for (const [where, id, reason] of acknowledged) {
        if (where.test(construct.node.path)) Validations.of(construct).acknowledge({ id, reason });
      }
    }
    try {
      app.synth();
    } catch (error) {
      // Errors, not mere warnings: they are in the report all the same.
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

test(
  'prod passes the checks of cdk-nag and of CloudFormation, but for what is explained here',
  () => {
    expect(objections((app) => [new AwsSolutionsChecks(app), new CloudFormationValidatePlugin()], true)).toEqual([]);
  },
  slow,
);

test(
  'every explanation is still needed',
  () => {
    const rules = objections((app) => [new AwsSolutionsChecks(app)], false).map((objection) => objection.split(' ')[0]);
    const explained = acknowledged.map(([, rule]) => rule).filter((rule) => rule.startsWith('AwsSolutions-'));
    expect(new Set(rules)).toEqual(new Set(explained));
  },
  slow,
);
