import { Stack, Tags } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnVpcOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from '@jest/globals';

import { Edge, type EdgeProps } from '../../../lib/constructs/edge.ts';
import type { EdgePath } from '../../../lib/edge-paths.ts';
import { emptyStack, vpcIn } from '../stack.ts';

interface Change {
  readonly paths?: readonly EdgePath[];
  readonly domain?: EdgeProps['domain'];
  readonly balancer?: { readonly internetFacing?: boolean; readonly loadBalancerName?: string; readonly idle?: number };
  readonly after?: (stack: Stack) => void;
}

/** Synthesizes the edge in a stack of its own, as it is deployed. */
function synth({ balancer = {}, after, paths, domain }: Change = {}): Template {
  const services = emptyStack();
  const { idle, ...props } = balancer;
  const loadBalancer = new ApplicationLoadBalancer(services, 'LoadBalancer', {
    vpc: vpcIn(services),
    vpcSubnets: { subnetGroupName: 'app' },
    ...props,
  });
  if (idle !== undefined) loadBalancer.setAttribute('idle_timeout.timeout_seconds', `${idle}`);
  const stack = new Stack(services.node.root, 'Edge', { env: { region: 'eu-central-1' } });
  new Edge(stack, 'Edge', { loadBalancer, media: new Bucket(services, 'Uploads'), paths, domain });
  after?.(stack);
  return Template.fromStack(stack);
}

function vpcOriginIn(template: Template) {
  const [[id, { Properties }]] = Object.entries(template.findResources('AWS::CloudFront::VpcOrigin')) as [
    [string, { Properties: { VpcOriginEndpointConfig: { Name: string } } }],
  ];
  return { id, name: Properties.VpcOriginEndpointConfig.Name };
}

test('the same VPC origin is synthesized again with the same id and name, whatever else changes', () => {
  const first = vpcOriginIn(synth());
  expect(first.name).toContain(first.id.slice(-8));
  expect(first.name.length).toBeLessThanOrEqual(64);
  expect(vpcOriginIn(synth())).toEqual(first);
  expect(vpcOriginIn(synth({ balancer: { idle: 61 } }))).toEqual(first);
  const retitle = (stack: Stack) => void (stack.templateOptions.description = 'Another description');
  expect(vpcOriginIn(synth({ after: retitle }))).toEqual(first);
});

test.each<[string, Change]>([
  ['a tag of the stack', { after: (stack) => Tags.of(stack).add('team', 'shop') }],
  ['a tag of the whole app', { after: (stack) => Tags.of(stack.node.root).add('team', 'shop') }],
  ['a tag that CloudFormation sets from the stack', { after: (stack) => stack.tags.setTag('team', 'shop') }],
  ['a load balancer that is replaced for its scheme', { balancer: { internetFacing: true } }],
  ['a load balancer that is replaced for its name', { balancer: { loadBalancerName: 'other' } }],
  [
    'a port',
    {
      after: (stack) => {
        const origin = stack.node.findAll().find((each) => each instanceof CfnVpcOrigin);
        const { vpcOriginEndpointConfig: config } = origin as CfnVpcOrigin;
        Object.assign(origin!, { vpcOriginEndpointConfig: { ...config, httpPort: 8080 } });
      },
    },
  ],
])(
  'another value of %s makes another VPC origin, which the distribution uses, as one in use cannot change',
  (_, change) => {
    const before = vpcOriginIn(synth());
    const template = synth(change);
    const next = vpcOriginIn(template);
    expect(next.id).not.toBe(before.id);
    expect(next.name).not.toBe(before.name);
    const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
    expect(JSON.stringify(distribution)).toContain(`{"Fn::GetAtt":["${next.id}","Id"]}`);
  },
);

test('each value of a tag makes another VPC origin', () => {
  const tagged = (value: string) => vpcOriginIn(synth({ after: (stack) => Tags.of(stack).add('team', value) })).id;
  expect(tagged('shop')).not.toBe(tagged('search'));
});

test('the API refuses plain HTTP, pages redirect it', () => {
  const [distribution] = Object.values(synth().findResources('AWS::CloudFront::Distribution'));
  const { DefaultCacheBehavior, CacheBehaviors } = distribution!['Properties'].DistributionConfig;
  expect(DefaultCacheBehavior.ViewerProtocolPolicy).toBe('redirect-to-https');
  expect(CacheBehaviors.map(({ PathPattern }: { PathPattern: string }) => PathPattern)).toEqual(['/media/*', '/api/*']);
  const { PathPattern: _pattern, ...api } = CacheBehaviors[1];
  expect(api).toEqual({ ...DefaultCacheBehavior, ViewerProtocolPolicy: 'https-only' });
});

test('no error is stored, of any status that can be configured', () => {
  const [distribution] = Object.values(synth().findResources('AWS::CloudFront::Distribution'));
  expect(distribution!['Properties'].DistributionConfig.CustomErrorResponses).toEqual(
    [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
  );
});

test('the policy that forwards CloudFront-Viewer-Address is set, as services trust no other address', () => {
  const [distribution] = Object.values(synth().findResources('AWS::CloudFront::Distribution'));
  // Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
  expect(distribution!['Properties'].DistributionConfig.DefaultCacheBehavior.OriginRequestPolicyId).toBe(
    '33f36d7e-f396-46d9-90e0-52428a34d9dc',
  );
});

interface CachePolicyConfig {
  readonly MinTTL: number;
  readonly DefaultTTL: number;
  readonly ParametersInCacheKeyAndForwardedToOrigin: {
    readonly QueryStringsConfig: object;
    readonly CookiesConfig: object;
  };
}

describe('a stored path', () => {
  const template = synth({
    paths: [
      { pattern: '/', stored: [] },
      { pattern: '/api/films', stored: ['limit', 'cursor'] },
      { pattern: '/api/films/mine' },
      { pattern: '/api/films/*', stored: [] },
    ],
  });
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  const [, ...behaviors] = distribution!['Properties'].DistributionConfig.CacheBehaviors;
  const policies = template.findResources('AWS::CloudFront::CachePolicy');
  const policyOf = (index: number): CachePolicyConfig =>
    policies[behaviors[index].CachePolicyId.Ref]!['Properties'].CachePolicyConfig;

  test('precedes the pattern of the API, and keeps its protocol policy', () => {
    const protocols = behaviors.map((each: Record<string, string>) => [
      each['PathPattern'],
      each['ViewerProtocolPolicy'],
    ]);
    expect(protocols).toEqual([
      ['/', 'redirect-to-https'],
      ['/api/films', 'https-only'],
      ['/api/films/mine', 'https-only'],
      ['/api/films/*', 'https-only'],
      ['/api/*', 'https-only'],
    ]);
  });

  test('takes reads only, which go to the load balancer once more after a failure, each time for 3 s', () => {
    const config = distribution!['Properties'].DistributionConfig;
    const originOf = (id: string) => config.Origins.find(({ Id }: { Id: string }) => Id === id);
    const [group] = config.OriginGroups.Items;
    expect(group.FailoverCriteria.StatusCodes.Items).toEqual([502, 504]);
    const [first, second] = group.Members.Items.map(({ OriginId }: { OriginId: string }) => originOf(OriginId));
    expect(first).toMatchObject({ ConnectionAttempts: 1, VpcOriginConfig: { OriginReadTimeout: 3 } });
    expect({ ...second, Id: first.Id }).toEqual(first);
    expect(second.Id).not.toBe(first.Id);
    for (const index of [0, 1, 3]) {
      expect(behaviors[index].TargetOriginId).toBe(group.Id);
      expect(behaviors[index].AllowedMethods).toEqual(['GET', 'HEAD']);
    }
    // The services' handler timeout is 10 s.
    expect(originOf(behaviors[4].TargetOriginId)).toMatchObject({
      ConnectionAttempts: 1,
      VpcOriginConfig: { OriginReadTimeout: 15 },
    });
  });

  test('has its declared parameters in the key, and nothing without Cache-Control is stored', () => {
    expect(policyOf(1)).toMatchObject({
      MinTTL: 0,
      DefaultTTL: 0,
      ParametersInCacheKeyAndForwardedToOrigin: {
        QueryStringsConfig: { QueryStringBehavior: 'whitelist', QueryStrings: ['cursor', 'limit'] },
        CookiesConfig: { CookieBehavior: 'none' },
      },
    });
    expect(policyOf(0).ParametersInCacheKeyAndForwardedToOrigin.QueryStringsConfig).toEqual({
      QueryStringBehavior: 'none',
    });
  });

  test('leaves a path within it as it is where nothing is stored', () => {
    const { PathPattern: _pattern, ...within } = behaviors[2];
    const { PathPattern: _api, ...api } = behaviors[4];
    expect(within).toEqual(api);
  });

  test('shares its policy with others of the same parameters', () => {
    expect(new Set([0, 1, 3].map((index) => behaviors[index].CachePolicyId.Ref)).size).toBe(2);
    expect(behaviors[0].CachePolicyId).toEqual(behaviors[3].CachePolicyId);
  });

  test('gets no cookie, and the address of the viewer', () => {
    const [policy] = Object.values(template.findResources('AWS::CloudFront::OriginRequestPolicy'));
    expect(policy!['Properties'].OriginRequestPolicyConfig).toMatchObject({
      CookiesConfig: { CookieBehavior: 'none' },
      QueryStringsConfig: { QueryStringBehavior: 'none' },
      HeadersConfig: { Headers: expect.arrayContaining(['CloudFront-Viewer-Address']) },
    });
  });
});

test('viewers speak HTTP/2 or 3, and every behaviour sets the security headers', () => {
  const [distribution] = Object.values(
    synth({ paths: [{ pattern: '/', stored: [] }] }).findResources('AWS::CloudFront::Distribution'),
  );
  const { HttpVersion, DefaultCacheBehavior, CacheBehaviors } = distribution!['Properties'].DistributionConfig;
  expect(HttpVersion).toBe('http2and3');
  for (const behavior of [DefaultCacheBehavior, ...CacheBehaviors])
    expect(behavior.ResponseHeadersPolicyId.Ref).toContain('ResponseHeaders');
});

test('with names of its own, viewers need TLS 1.2, and the certificate is theirs', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/1';
  synth({ domain: { names: ['shop.example.com', 'example.com'], certificateArn } }).hasResourceProperties(
    'AWS::CloudFront::Distribution',
    {
      DistributionConfig: {
        Aliases: ['shop.example.com', 'example.com'],
        ViewerCertificate: {
          AcmCertificateArn: certificateArn,
          MinimumProtocolVersion: 'TLSv1.2_2021',
          SslSupportMethod: 'sni-only',
        },
      },
    },
  );
});

test('media are read from the bucket by signed requests, without query or cookies, and stored for a year', () => {
  const template = synth({ paths: [{ pattern: '/*', stored: [] }] });
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  const config = distribution!['Properties'].DistributionConfig;
  const [media] = config.CacheBehaviors;
  expect(media).toMatchObject({
    PathPattern: '/media/*',
    AllowedMethods: ['GET', 'HEAD'],
    ViewerProtocolPolicy: 'redirect-to-https',
  });
  expect(media.OriginRequestPolicyId).toBeUndefined();
  const origin = config.Origins.find(({ Id }: { Id: string }) => Id === media.TargetOriginId);
  const [[control, { Properties }]] = Object.entries(
    template.findResources('AWS::CloudFront::OriginAccessControl'),
  ) as [[string, { Properties: object }]];
  expect(origin).toMatchObject({ OriginAccessControlId: { 'Fn::GetAtt': [control, 'Id'] } });
  expect(Properties).toMatchObject({
    OriginAccessControlConfig: {
      OriginAccessControlOriginType: 's3',
      SigningBehavior: 'always',
      SigningProtocol: 'sigv4',
    },
  });
  const policy = template.findResources('AWS::CloudFront::CachePolicy')[media.CachePolicyId.Ref];
  expect(policy!['Properties'].CachePolicyConfig).toMatchObject({
    DefaultTTL: 31_536_000,
    ParametersInCacheKeyAndForwardedToOrigin: {
      QueryStringsConfig: { QueryStringBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
      HeadersConfig: { HeaderBehavior: 'none' },
    },
  });
});
