import { Stack } from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from '@jest/globals';

import { queueCapability } from '../../../lib/capabilities/queue.ts';
import { uploadsCapability } from '../../../lib/capabilities/uploads.ts';
import { WorkerService } from '../../../lib/constructs/worker-service.ts';
import { DataStack } from '../../../lib/stacks/data.ts';
import type { WorkerDefinition } from '../../../lib/system.ts';
import { emptyStack, environment, vpcIn } from '../stack.ts';

const imager: WorkerDefinition = {
  kind: 'worker',
  name: 'imager',
  watches: ['originals/', 'avatars/'],
  uploads: { reads: ['originals/', 'avatars/'], writes: ['variants/'] },
};

describe('a worker that watches the uploads bucket', () => {
  const network = emptyStack();
  const vpc = vpcIn(network);
  const env = { region: 'eu-central-1' };
  const data = new DataStack(network.node.root, 'Data', {
    env,
    environment: environment(),
    system: [imager],
    vpc,
  });
  const stack = new Stack(network.node.root, 'Services', { env });
  const worker = new WorkerService(stack, imager.name, {
    cluster: new Cluster(stack, 'Cluster', { vpc }),
    environment: 'dev',
    name: imager.name,
    image: ContainerImage.fromRegistry(imager.name),
    logGroup: new LogGroup(stack, 'Logs'),
    queue: data.queues.get(imager.name)!,
    tasks: environment().tasks,
  });
  queueCapability(data.queues).bind(worker, imager);
  uploadsCapability(data.uploads).bind(worker, imager);
  const dataTemplate = Template.fromStack(data);
  const template = Template.fromStack(stack);

  test('gets a message in its queue for each object created under its prefixes', () => {
    const [queue] = Object.keys(
      dataTemplate.findResources('AWS::SQS::Queue', { Properties: { QueueName: 'headroom-test-imager' } }),
    );
    const notification = (prefix: string) => ({
      Events: ['s3:ObjectCreated:*'],
      Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
      QueueArn: { 'Fn::GetAtt': [queue, 'Arn'] },
    });
    dataTemplate.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: { QueueConfigurations: [notification('originals/'), notification('avatars/')] },
    });
  });

  test('has a queue that accepts messages from S3 for that bucket only', () => {
    const bucket = Object.keys(dataTemplate.findResources('AWS::S3::Bucket')).find((id) => id.startsWith('Uploads'));
    dataTemplate.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [bucket, 'Arn'] } } },
          }),
        ]),
      },
    });
  });

  test('reads and writes under its prefixes only', () => {
    const policy = Object.values(template.findResources('AWS::IAM::Policy')).find(({ Properties }) =>
      (Properties as { PolicyName: string }).PolicyName.includes('TaskRole'),
    );
    const { Statement } = (policy!.Properties as { PolicyDocument: { Statement: Grant[] } }).PolicyDocument;
    const grants = Statement.filter(({ Action }) => String(Action).startsWith('s3:'));
    expect(grants.map(({ Action, Resource }) => [Action, JSON.stringify(Resource).match(/\/\w+\/\*/g)])).toEqual([
      ['s3:GetObject', ['/originals/*', '/avatars/*']],
      ['s3:PutObject', ['/variants/*']],
    ]);
  });

  test('gets the bucket and its queue as variables', () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([
            Match.objectLike({ Name: 'QUEUE_URL' }),
            { Name: 'QUEUE_VISIBILITY_SECONDS', Value: '60' },
            { Name: 'UPLOADS_BUCKET', Value: Match.anyValue() },
          ]),
        }),
      ],
    });
  });
});

interface Grant {
  readonly Action: string | string[];
  readonly Resource: unknown;
}
