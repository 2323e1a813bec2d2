import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createRig, send, until } from '../elbv2/load-balancer/rig.ts';
import { createFront } from '../front.ts';

const groupOf = (...ids: string[]) => ({
  Quantity: 1,
  Items: [
    {
      Id: 'group',
      FailoverCriteria: { StatusCodes: { Items: [502, 504], Quantity: 2 } },
      Members: { Items: ids.map((OriginId) => ({ OriginId })), Quantity: 2 },
    },
  ],
});

const rig = createRig();
let front: Awaited<ReturnType<typeof createFront>>;
beforeEach(async () => {
  front = await createFront();
});
afterEach(async () => {
  await front.stop();
  await rig.stop();
});

test('the edge forwards requests to the load balancer and shows its own URL', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  const distribution = await front.distribution(origin.ref);
  const { edgePort } = front;
  expect(distribution.attributes!['DomainName']).toBe(`127.0.0.1:${edgePort}`);
  expect((await front.status()).edge).toBe(`http://127.0.0.1:${edgePort}`);
  // The listener is not up yet: a distribution refers to the load balancer only.
  expect((await send(edgePort, '/')).status).toBe(502);

  const group = await front.targetGroup('echo');
  await front.listener(balancer.ref, { DefaultActions: [{ Type: 'forward', TargetGroupArn: group.ref }] });
  const { port } = await rig.backend(({ headers }, response) => response.end(JSON.stringify(headers)));
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  const answer = await send(edgePort, '/', { headers: { 'X-Forwarded-For': '203.0.113.7' } });
  expect(answer.headers['x-cache']).toBe('Miss from cloudfront');
  // What the viewer claims, then the addresses that CloudFront and the load balancer saw.
  expect(JSON.parse(answer.body)['x-forwarded-for']).toBe('203.0.113.7, 127.0.0.1, 127.0.0.1');
});

test('behaviours are updated in place', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  await front.listener(balancer.ref);
  const distribution = await front.distribution(origin.ref);
  const { edgePort } = front;
  expect((await send(edgePort, '/', { method: 'DELETE' })).status).toBe(404);
  const updated = await front.distribution(origin.ref, { behavior: { AllowedMethods: ['GET', 'HEAD'] } });
  expect(updated.ref).toBe(distribution.ref);
  expect((await send(edgePort, '/', { method: 'DELETE' })).status).toBe(403);
  expect((await send(edgePort, '/')).status).toBe(404);
});

test('errors are stored for the time that the distribution states, for 10 s where it states none', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  const policy = await front.up('AWS::CloudFront::CachePolicy', 'Errors', {
    CachePolicyConfig: {
      MinTTL: 0,
      DefaultTTL: 0,
      MaxTTL: 60,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: false,
        QueryStringsConfig: { QueryStringBehavior: 'none' },
        HeadersConfig: { HeaderBehavior: 'none' },
        CookiesConfig: { CookieBehavior: 'none' },
      },
    },
  });
  const behavior = { CachePolicyId: policy.ref };
  const { edgePort } = front;
  const fail = (StatusCode: string) =>
    front.listener(balancer.ref, {
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode, MessageBody: StatusCode } }],
    });
  for (const [config, second] of [
    [{ CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }] }, '503'],
    [{ CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 60 }] }, '404'],
    [{ CustomErrorResponses: [{ ErrorCode: 404 }] }, '404'],
    [{ CustomErrorResponses: [] }, '404'],
  ] as const) {
    await front.distribution(origin.ref, { config, behavior });
    await fail('404');
    expect((await send(edgePort, '/api/orders/1')).body).toBe('404');
    await fail('503');
    expect((await send(edgePort, '/api/orders/1')).body).toBe(second);
  }
});

test('a behaviour applies to the paths of its pattern', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  await front.listener(balancer.ref);
  await front.distribution(origin.ref, {
    config: {
      CacheBehaviors: [
        {
          PathPattern: '/read/*',
          TargetOriginId: 'origin',
          AllowedMethods: ['GET', 'HEAD'],
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: '33f36d7e-f396-46d9-90e0-52428a34d9dc',
          ViewerProtocolPolicy: 'https-only',
        },
      ],
    },
  });
  expect((await send(front.edgePort, '/read/a', { method: 'POST' })).status).toBe(403);
  expect((await send(front.edgePort, '/a', { method: 'POST' })).status).toBe(404);
});

test('a GET that the first origin of a group breaks off is repeated at the second', async () => {
  const balancer = await front.loadBalancer();
  const { ref: VpcOriginId } = await front.vpcOrigin(balancer.ref);
  const group = await front.targetGroup('service');
  await front.listener(balancer.ref, { DefaultActions: [{ Type: 'forward', TargetGroupArn: group.ref }] });
  let requests = 0;
  const { port } = await rig.backend(({ socket }, response) => {
    requests += 1;
    if (requests === 1) socket.destroy();
    else response.end('second');
  });
  const targets = front.targetGroups.get(group.ref);
  targets.register({ id: 'task', host: '127.0.0.1', port });
  await until(() => targets.health('task') === 'healthy');
  const origins = ['first', 'second'].map((Id) => ({ Id, DomainName: Id, VpcOriginConfig: { VpcOriginId } }));
  await front.distribution(VpcOriginId, {
    config: { Origins: origins, OriginGroups: groupOf('first', 'second') },
    behavior: { TargetOriginId: 'group', AllowedMethods: ['GET', 'HEAD'] },
  });
  expect(await send(front.edgePort, '/')).toMatchObject({ status: 200, body: 'second' });
  expect(requests).toBe(2);
});

test('a port in use is refused with the remedy', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const busy = await createFront(port);
  const origin = await busy.vpcOrigin((await busy.loadBalancer()).ref);
  await expect(busy.distribution(origin.ref)).rejects.toThrow(new RegExp(`Port ${port} .* npm start -- --port N`));
  other.close();
});

test.each([
  ['another cache policy', { behavior: { CachePolicyId: 'x' } }, 'DefaultCacheBehavior.CachePolicyId = "x"'],
  ['another origin request policy', { behavior: { OriginRequestPolicyId: 'x' } }, 'OriginRequestPolicyId = "x"'],
  ['another response headers policy', { behavior: { ResponseHeadersPolicyId: 'x' } }, 'ResponseHeadersPolicyId = "x"'],
  ['stored responses to OPTIONS', { behavior: { CachedMethods: ['GET', 'OPTIONS'] } }, 'CachedMethods'],
  ['functions', { behavior: { FunctionAssociations: [{}] } }, 'FunctionAssociations is not supported'],
  ['Lambda@Edge', { behavior: { LambdaFunctionAssociations: [{}] } }, 'LambdaFunctionAssociations is not supported'],
  [
    'an unknown policy in a behaviour',
    {
      config: {
        CacheBehaviors: [
          { PathPattern: '/a', TargetOriginId: 'origin', ViewerProtocolPolicy: 'allow-all', CachePolicyId: 'x' },
        ],
      },
    },
    'CacheBehaviors.0.CachePolicyId = "x"',
  ],
  ['a web ACL that does not run', { config: { WebACLId: 'x' } }, 'There is no web ACL x'],
  [
    'an error page',
    { config: { CustomErrorResponses: [{ ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/' }] } },
    'ResponsePagePath is not supported',
  ],
  [
    'a custom origin',
    { config: { Origins: [{ Id: 'o', DomainName: 'd', CustomOriginConfig: {} }] } },
    'CustomOriginConfig is not supported',
  ],
  [
    'a bucket without an origin access control',
    { config: { Origins: [{ Id: 'o', DomainName: 'b.s3.eu-central-1.amazonaws.com', S3OriginConfig: {} }] } },
    'Origins.0 (b.s3.eu-central-1.amazonaws.com) is a bucket without an origin access control',
  ],
  [
    'a bucket as a website',
    { config: { Origins: [{ Id: 'o', DomainName: 'b.s3-website.eu-central-1.amazonaws.com', S3OriginConfig: {} }] } },
    'is neither a VPC origin nor a bucket',
  ],
  ['an unknown origin', { behavior: { TargetOriginId: 'x' } }, 'TargetOriginId = "x" is no origin that runs here'],
  [
    'a group of an unknown origin',
    { config: { OriginGroups: groupOf('origin', 'x') } },
    'OriginGroups.Items.0.Members names an origin that the distribution does not have',
  ],
  [
    'a group for methods that write',
    { config: { OriginGroups: groupOf('origin', 'origin') }, behavior: { TargetOriginId: 'group' } },
    'DefaultCacheBehavior: AllowedMethods has 7 methods: with an origin group, CloudFront takes GET, HEAD and OPTIONS only',
  ],
  ['Enabled: false', { config: { Enabled: false } }, 'Enabled = false'],
])('a distribution with %s is refused by name', async (_, more, message) => {
  const origin = await front.vpcOrigin((await front.loadBalancer()).ref);
  await expect(front.distribution(origin.ref, more)).rejects.toThrow(message);
});

test('a change of a VPC origin is refused, as CloudFront does for one in use', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  await front.listener(balancer.ref);
  await front.distribution(origin.ref);
  await expect(front.vpcOrigin(balancer.ref, { HTTPPort: 8080 })).rejects.toThrow(
    '(409). Give the changed one another',
  );
  expect((await front.vpcOrigin(balancer.ref)).ref).toBe(origin.ref);
  expect((await send(front.edgePort, '/')).status).toBe(404);
});

test('an origin that only speaks HTTPS is refused by name', async () => {
  const { ref } = await front.loadBalancer();
  await expect(front.vpcOrigin(ref, { OriginProtocolPolicy: 'https-only' })).rejects.toThrow(
    'OriginProtocolPolicy = "https-only"',
  );
});

test('the edge and the load balancer log a line for each request', async () => {
  const balancer = await front.loadBalancer();
  const origin = await front.vpcOrigin(balancer.ref);
  await front.listener(balancer.ref);
  await front.distribution(origin.ref, { behavior: { AllowedMethods: ['GET', 'HEAD'] } });
  await send(front.edgePort, '/films?limit=1');
  await send(front.edgePort, '/', { method: 'DELETE' });
  const line = (text: string) => expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1 ${text} \\d+\\.\\d ms\\n$`));
  expect(front.logs.get('edge')).toEqual([line('GET /films\\?limit=1 404'), line('DELETE / 403')]);
  expect(front.logs.get('balancer')).toEqual([line('GET /films\\?limit=1 404')]);
});
