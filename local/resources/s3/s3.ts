import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
  type BucketLocationConstraint,
} from '@aws-sdk/client-s3';
import { Type } from 'typebox';
import type { Driver, Identity, Resource, Runtime } from '../../kernel/driver.ts';
import { accept } from '../../kernel/accept.ts';
import { clientConfig, physicalName, unless } from '../aws.ts';

/** Buckets and their policies at the AWS endpoint. */
export const s3: Driver = {
  types: ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'],
  up: async (resource, runtime) =>
    resource.type === 'AWS::S3::Bucket' ? upBucket(resource, runtime) : upPolicy(resource, runtime),
};

const texts = Type.Optional(Type.Array(Type.String()));
const bucketProperties = Type.Object(
  {
    BucketName: Type.Optional(Type.String()),
    VersioningConfiguration: Type.Optional(
      Type.Object({ Status: Type.Union([Type.Literal('Enabled'), Type.Literal('Suspended')]) }),
    ),
    CorsConfiguration: Type.Optional(
      Type.Object({
        CorsRules: Type.Array(
          Type.Object({
            AllowedHeaders: texts,
            AllowedMethods: Type.Array(Type.String()),
            AllowedOrigins: Type.Array(Type.String()),
            ExposedHeaders: texts,
            Id: Type.Optional(Type.String()),
            MaxAge: Type.Optional(Type.Number()),
          }),
        ),
      }),
    ),
    // How it is stored, who else could reach it and when objects are thrown away: nothing of that happens on a laptop.
    BucketEncryption: Type.Optional(Type.Unknown()),
    LifecycleConfiguration: Type.Optional(Type.Unknown()),
    LoggingConfiguration: Type.Optional(Type.Unknown()),
    OwnershipControls: Type.Optional(Type.Unknown()),
    PublicAccessBlockConfiguration: Type.Optional(Type.Unknown()),
    Tags: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

async function upBucket(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { BucketName, VersioningConfiguration, CorsConfiguration } = accept(
    resource,
    bucketProperties,
    resource.properties,
  );
  const client = new S3Client(clientConfig(runtime));
  // A bucket's name takes lower case only, and at most 63 characters.
  const Bucket = BucketName ?? physicalName(resource, undefined, 63).toLowerCase();
  const { region } = runtime;
  if (
    (await unless(['NotFound', 'NoSuchBucket'], async () => client.send(new HeadBucketCommand({ Bucket })))) ===
    undefined
  ) {
    // The oldest region is the one that must not be named.
    const LocationConstraint = region as BucketLocationConstraint;
    const CreateBucketConfiguration = region === 'us-east-1' ? undefined : { LocationConstraint };
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  }
  if (VersioningConfiguration) await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  if (CorsConfiguration) {
    const CORSRules = CorsConfiguration.CorsRules.map((rule) => ({
      AllowedHeaders: rule.AllowedHeaders,
      AllowedMethods: rule.AllowedMethods,
      AllowedOrigins: rule.AllowedOrigins,
      ExposeHeaders: rule.ExposedHeaders,
      ID: rule.Id,
      MaxAgeSeconds: rule.MaxAge,
    }));
    await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  }
  return {
    ref: Bucket,
    attributes: {
      Arn: `arn:aws:s3:::${Bucket}`,
      DomainName: `${Bucket}.s3.amazonaws.com`,
      DualStackDomainName: `${Bucket}.s3.dualstack.${region}.amazonaws.com`,
      RegionalDomainName: `${Bucket}.s3.${region}.amazonaws.com`,
    },
  };
}

const policyProperties = Type.Object(
  { Bucket: Type.String(), PolicyDocument: Type.Object({}) },
  { additionalProperties: false },
);

async function upPolicy(resource: Resource, runtime: Runtime): Promise<Identity> {
  const { Bucket, PolicyDocument } = accept(resource, policyProperties, resource.properties);
  const client = new S3Client(clientConfig(runtime));
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
  return { ref: resource.logicalId };
}
