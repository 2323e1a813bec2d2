import { isDeepStrictEqual } from 'node:util';

import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { arnOf } from '../arn.ts';
import { resourceHash } from '../resource-hash.ts';

export interface VpcOrigin {
  readonly loadBalancerArn: string;
  /** The listener's port, as the template states it. */
  readonly port: number;
}

const properties = Type.Object({
  VpcOriginEndpointConfig: Type.Object(
    {
      Arn: Type.String(),
      HTTPPort: Type.Number({ default: 80 }),
      // Viewers speak HTTP here, so `match-viewer` is HTTP too.
      OriginProtocolPolicy: Type.Optional(Type.Union([Type.Literal('http-only'), Type.Literal('match-viewer')])),
      ...ignored('The origin is reached over HTTP.', 'HTTPSPort OriginSSLProtocols'),
      ...ignored('It describes the origin.', 'Name'),
    },
    closed,
  ),
  ...ignored('They describe the origin.', 'Tags'),
});

/**
 * CloudFormation replaces it for no change, and CloudFront refuses all changes of one in use.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-vpcorigin.html
 */
export const vpcOrigin = ({ accountId }: Pick<Host, 'accountId'>, vpcOrigins: Handles<VpcOrigin>) =>
  defineResource('AWS::CloudFront::VpcOrigin', {
    properties,
    async update({ resource: { properties: before }, running }, { key, properties: after }) {
      if (isDeepStrictEqual(before, after)) return running;
      throw new Refusal(
        `${key}: CloudFront refuses every change of a VPC origin that a distribution uses (409). Give the changed one another ` +
          'logical id and name, so that CloudFormation creates it beside the old one.',
      );
    },
    async up(resource) {
      const { Arn, HTTPPort } = resource.properties.VpcOriginEndpointConfig;
      const id = `vo_${resourceHash(resource)}`;
      vpcOrigins.set(id, { loadBalancerArn: Arn, port: HTTPPort });
      return {
        ref: id,
        attributes: {
          Id: id,
          Arn: arnOf({ region: '', accountId }, 'cloudfront', `vpcorigin/${id}`),
          Status: 'Deployed',
        },
        async stop() {
          vpcOrigins.delete(id);
        },
      };
    },
  });
