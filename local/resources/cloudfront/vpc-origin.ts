import { Type } from 'typebox';

import type { Host } from '../../host/host.ts';
import type { Handles } from '../../kernel/handles.ts';
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

/** CloudFormation replaces it for no change.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-vpcorigin.html */
export const vpcOrigin = ({ accountId }: Pick<Host, 'accountId'>, vpcOrigins: Handles<VpcOrigin>) =>
  defineResource('AWS::CloudFront::VpcOrigin', {
    properties,
    update: 'up',
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
