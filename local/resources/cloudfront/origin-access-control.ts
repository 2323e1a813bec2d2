import { Type } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { resourceHash } from '../resource-hash.ts';

/**
 * Makes a distribution sign its requests to a bucket, so that the bucket's policy can allow them.
 *
 * @param controls the ids of those that exist
 *
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-originaccesscontrol.html
 */
export const originAccessControl = (controls: Handles<true>) =>
  defineResource('AWS::CloudFront::OriginAccessControl', {
    properties: Type.Object({
      OriginAccessControlConfig: Type.Object(
        {
          OriginAccessControlOriginType: Type.Literal('s3'),
          SigningBehavior: Type.Literal('always'),
          SigningProtocol: Type.Literal('sigv4'),
          ...ignored('They describe it.', 'Name Description'),
        },
        closed,
      ),
    }),
    async up(resource) {
      const id = `E${resourceHash(resource).toUpperCase().slice(0, 13)}`;
      controls.set(id, true);
      return { ref: id, attributes: { Id: id }, stop: async () => controls.delete(id) };
    },
  });
