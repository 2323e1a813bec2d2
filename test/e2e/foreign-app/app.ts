/** A CDK app that is independent of Headroom. Writes its cloud assembly to the folder in the first argument. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App, Stack } from 'aws-cdk-lib/core';
import { InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import { DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { buildSync } from 'esbuild';

const image = mkdtempSync(join(tmpdir(), 'foreign-image-'));
copyFileSync(join(import.meta.dirname, 'Dockerfile'), join(image, 'Dockerfile'));
buildSync({
  entryPoints: [join(import.meta.dirname, 'server.ts')],
  outfile: join(image, 'server.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  external: ['pg-native'],
  logLevel: 'error',
});

const app = new App({ outdir: process.argv[2], analyticsReporting: false });
const stack = new Stack(app, 'Notes', { env: { region: 'eu-west-1' } });
const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
const database = new DatabaseInstance(stack, 'Database', {
  vpc,
  engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 }),
  instanceType: new InstanceType('t4g.micro'),
  databaseName: 'notes',
});
const queue = new Queue(stack, 'Queue');
const bucket = new Bucket(stack, 'Bucket');
const web = new ApplicationLoadBalancedFargateService(stack, 'Web', {
  vpc,
  desiredCount: 2,
  taskImageOptions: {
    image: ContainerImage.fromAsset(image),
    containerPort: 3000,
    environment: { QUEUE_URL: queue.queueUrl, BUCKET: bucket.bucketName },
    secrets: { DATABASE_SECRET: Secret.fromSecretsManager(database.secret!) },
  },
});
database.connections.allowDefaultPortFrom(web.service);
queue.grantSendMessages(web.taskDefinition.taskRole);
bucket.grantReadWrite(web.taskDefinition.taskRole);
app.synth();
rmSync(image, { recursive: true });
