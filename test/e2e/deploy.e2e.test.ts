import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startLocalstack, type OtherEndpoint } from '../support/other-endpoint.ts';

const root = resolve(import.meta.dirname, '../..');
const account = '000000000000';
const region = 'eu-central-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let localstack: OtherEndpoint;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'headroom-deploy-'));
  localstack = await startLocalstack();
});

afterAll(async () => {
  await localstack?.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Runs the CDK's own command line against LocalStack. */
const cdk = (...args: string[]) =>
  promisify(execFile)(join(root, 'node_modules/.bin/cdk'), [...args, '--output', join(scratch, 'cdk.out'), '--ci'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      AWS_ENDPOINT_URL: localstack.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });

/**
 * Shows that bootstrapping, the bootstrap roles, the publishing of templates and change sets work. It does not show that
 * AWS accepts the properties of the resources: LocalStack accepts nearly all.
 */
test('the stock CDK command line bootstraps an account and deploys the network by a change set', async () => {
  await cdk('bootstrap', `aws://${account}/${region}`);
  await cdk('deploy', 'dev/Network', '--require-approval', 'never');

  const client = { endpoint: localstack.url, region, credentials };
  const { Stacks } = await new CloudFormationClient(client).send(
    new DescribeStacksCommand({ StackName: 'headroom-dev-network' }),
  );
  expect(Stacks).toMatchObject([
    { StackStatus: 'CREATE_COMPLETE', ChangeSetId: expect.stringContaining(':changeSet/cdk-deploy-change-set/') },
  ]);
  const { Contents } = await new S3Client({ ...client, forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: `cdk-hnb659fds-assets-${account}-${region}` }),
  );
  expect(Contents).toMatchObject([{ Key: expect.stringMatching(/^[0-9a-f]{64}\.json$/) }]);
});
