import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { policyDocument, type PolicyDocument } from './bucket-access.ts';

/** @param policies by the bucket's name */
export const bucketPolicy = (client: S3Client, policies: Handles<PolicyDocument>) =>
  defineResource('AWS::S3::BucketPolicy', {
    properties: Type.Object({ Bucket: Type.String(), PolicyDocument: policyDocument }),
    replaceOn: ['Bucket'],
    update: 'up',
    async up({ logicalId, properties: { Bucket, PolicyDocument } }) {
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
      policies.set(Bucket, PolicyDocument);
      return { ref: logicalId, stop: async () => policies.delete(Bucket) };
    },
  });
