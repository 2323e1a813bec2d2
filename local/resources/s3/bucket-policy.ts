import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { Type } from 'typebox';

import { defineResource } from '../../kernel/resource.ts';

export const bucketPolicy = (client: S3Client) =>
  defineResource('AWS::S3::BucketPolicy', {
    properties: Type.Object({ Bucket: Type.String(), PolicyDocument: Type.Object({}) }),
    replaceOn: ['Bucket'],
    update: 'up',
    async up({ logicalId, properties: { Bucket, PolicyDocument } }) {
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
      return { ref: logicalId };
    },
  });
